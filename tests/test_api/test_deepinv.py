"""A method as a reconstructor in deepinv's own test loop."""

import pytest
import torch

from mmgenprior import GenPriorReconstructor

# isort: split
import deepinv
from torch.utils.data import DataLoader

from mmgenprior.utils.errors import UserError

from .conftest import PRIOR, SHORT


@pytest.fixture(scope='module')
def model():
    return GenPriorReconstructor(PRIOR, options=SHORT, device='cpu')


@pytest.fixture(scope='module')
def images(face):
    return torch.from_numpy(face.transpose(2, 0, 1).copy()).float()[None] / 255


@pytest.fixture(scope='module')
def physics():
    mask = torch.ones(1, 64, 64)
    mask[:, 24:40, 20:44] = 0
    return deepinv.physics.Inpainting((3, 64, 64), mask=mask)


def test_it_runs_in_the_loop_that_deepinv_tests_all_its_models_with(model, images, physics):
    pairs = [(image, physics.A(image[None])[0]) for image in images.repeat(2, 1, 1, 1)]
    found = deepinv.test(
        model,
        DataLoader(pairs, batch_size=2),
        physics,
        metrics=[deepinv.loss.metric.PSNR()],
        device='cpu',
        verbose=False,
        show_progress_bar=False,
    )
    assert found['PSNR'] > 10 and found['PSNR no learning'] > 0


def test_what_is_measured_is_kept_and_the_batch_does_not_matter(model, images, physics):
    both = torch.cat([images, images.flip(-1)])
    y = physics(both)
    with torch.no_grad():
        together = model(y, physics)
        alone = model(y[1:], physics)
    assert together.shape == both.shape
    assert torch.allclose(together[1:], alone, atol=1e-4)
    assert (physics.A(together) - y).abs().max() < 1e-5


def test_noise_is_taken_from_the_physics(model, images):
    noisy = deepinv.physics.Denoising(deepinv.physics.GaussianNoise(0.1))
    with torch.no_grad():
        restored = model(noisy(images), noisy)
    assert (restored - images).square().mean() < 0.05
    with pytest.raises(UserError, match='PoissonNoise of the physics is not Gaussian'):
        model(images, deepinv.physics.Denoising(deepinv.physics.PoissonNoise(0.1)))
