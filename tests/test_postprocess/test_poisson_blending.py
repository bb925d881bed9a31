"""Poisson blending keeps what is known and the gradients of what was generated."""

import numpy as np
import pytest
import torch

from mmgenprior.degradations import build_degradation
from mmgenprior.postprocess import PoissonBlending
from mmgenprior.postprocess.poisson_blending import blend
from mmgenprior.utils.errors import UserError

BOX = dict(physics=dict(type='BoxMask', size=(6, 8)), centre=0.5)
SHAPE = (3, 16, 16)


@pytest.fixture
def pictures():
    return torch.rand(2, 3, *SHAPE, generator=torch.Generator().manual_seed(0)).double()


def bound(config, params=None):
    return build_degradation(config).bind(params or {}, SHAPE)


def laplacian(image):
    """Of the inner pixels of H×W×C."""
    inner = image[1:-1, 1:-1]
    return 4 * inner - image[:-2, 1:-1] - image[2:, 1:-1] - image[1:-1, :-2] - image[1:-1, 2:]


def test_known_pixels_and_the_laplacian_of_the_hole(pictures):
    truth, generated = pictures
    degradation = bound(BOX)
    blended = PoissonBlending()(generated, degradation.predict(truth), degradation)
    hole = degradation.physics.A(torch.ones_like(truth))[0, 0] == 0
    assert hole.sum() == 48
    torch.testing.assert_close(blended[..., ~hole], truth[..., ~hole], rtol=0, atol=1e-12)
    for one, other in zip(blended, generated):
        difference = laplacian(one.permute(1, 2, 0)) - laplacian(other.permute(1, 2, 0))
        assert difference[hole[1:-1, 1:-1]].abs().max() < 1e-12


def test_a_shift_of_brightness_is_undone(pictures):
    truth, _ = pictures
    degradation = bound(BOX)
    shift = torch.tensor([0.2, -0.1, 0.3]).view(3, 1, 1)
    blended = PoissonBlending()(truth + shift, degradation.predict(truth), degradation)
    torch.testing.assert_close(blended, truth, rtol=0, atol=1e-12)


def test_batch_is_single_with_a_mask_of_its_own_at_the_border(pictures):
    truth, generated = pictures
    mask = torch.ones(3, 1, 16, 16)
    mask[0, :, :5, :7] = 0
    mask[1, :, 3:9, 10:] = 0
    mask[2, :, 1:4, 1:4] = mask[2, :, 6:8, 6:8] = 0
    config = dict(physics=dict(type='FileMask'))
    degradation = bound(config, {'mask': mask})
    y = degradation.predict(truth)
    together = PoissonBlending()(generated, y, degradation)
    for i in range(3):
        one = bound(config, {'mask': mask[i : i + 1]})
        alone = PoissonBlending()(generated[i : i + 1], y[i : i + 1], one)
        assert torch.equal(alone[0], together[i])
    # Whatever the mask, an image blended with itself stays.
    same = PoissonBlending()(truth, y, degradation)
    torch.testing.assert_close(same, truth, rtol=0, atol=1e-12)


def test_no_hole_and_nothing_but_hole():
    generated, known = np.random.default_rng(0).random((2, 5, 4, 3))
    assert np.array_equal(blend(generated, known, np.zeros((5, 4), bool)), known)
    assert np.array_equal(blend(generated, known, np.ones((5, 4), bool)), generated)


@pytest.mark.parametrize(
    'physics',
    [
        dict(type='BicubicDownsampling', factor=4),
        dict(type='HSVValue'),
        dict(type='Quantization', levels=5),
    ],
)
def test_other_operators_are_refused(pictures, physics):
    degradation = bound(dict(physics=physics, centre=0.5))
    with pytest.raises(UserError, match=physics['type']):
        PoissonBlending()(pictures[0], degradation.predict(pictures[0]), degradation)
