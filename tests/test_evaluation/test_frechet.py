from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from mmgenprior.converters.from_config import prior_of_config
from mmgenprior.datasets.toyfaces import render_face
from mmgenprior.evaluation.frechet import extract_features, feature_statistics, frechet_distance
from mmgenprior.evaluation.inception import inception_features, inception_score
from mmgenprior.evaluation.prior_distance import prior_distances, toy_faces
from mmgenprior.evaluation.random_features import RandomFeatures
from mmgenprior.priors import BigGANPrior, DCGANPrior, PGGANPrior
from mmgenprior.priors.sampling import sample_images
from mmgenprior.utils.errors import UserError

DCGAN = dict(type='DCGANGenerator', output_scale=16, base_channels=16, noise_size=8)
BIGGAN = dict(
    type='BigGANGenerator', output_scale=32, noise_size=16, num_classes=5, shared_dim=8,
    base_channels=4,
)  # fmt: skip
PGGAN = dict(
    type='PGGANGenerator', out_scale=16, noise_size=8, base_channels=32, max_channels=8
)  # fmt: skip


def covariance(seed: int, size: int = 6, rank: int = 6) -> np.ndarray:
    a = np.random.default_rng(seed).normal(size=(size, rank))
    return a @ a.T / rank


def test_distance_is_that_of_the_matrix_root():
    from scipy.linalg import sqrtm

    a, b = covariance(0), covariance(1)
    mean = np.arange(6) / 10
    expected = (mean**2).sum() + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert frechet_distance(mean, a, 0 * mean, b) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(0 * mean, b, mean, a) == pytest.approx(expected, rel=1e-9)


def test_distance_of_diagonal_and_of_singular_covariances():
    zero = np.zeros(2)
    # Per axis (sd_a − sd_b)²; the second axis of the first is a point.
    assert frechet_distance(zero, np.diag([4.0, 0]), zero + 3, np.diag([1.0, 9])) == 18 + 1 + 9
    singular = covariance(2, rank=2)
    assert frechet_distance(np.zeros(6), singular, np.zeros(6), singular) < 1e-7


def test_distance_refuses_what_has_none():
    with pytest.raises(ValueError, match='do not fit'):
        frechet_distance(np.zeros(2), np.eye(2), np.zeros(3), np.eye(3))
    with pytest.raises(ValueError, match='finite'):
        frechet_distance(np.zeros(2), np.eye(2) * np.nan, np.zeros(2), np.eye(2))
    with pytest.raises(ValueError, match='two rows'):
        feature_statistics(np.zeros((1, 3)))


def test_random_features_are_the_same_everywhere():
    torch.manual_seed(1)
    first = RandomFeatures()
    torch.manual_seed(2)
    again = RandomFeatures()
    assert all(torch.equal(a, b) for a, b in zip(first.buffers(), again.buffers()))
    # Noted once: other numbers would be another measure.
    face = torch.from_numpy(render_face(0, 'test', 0).copy()).permute(2, 0, 1)[None]
    features = first(face)
    assert features.shape == (1, 328)
    noted = [0.0876, 0.6105, 0.1566, 2.4768, 5.2295]
    assert features[0, [0, 30, 100, 250, 300]].tolist() == pytest.approx(noted, rel=1e-3, abs=1e-3)


def test_distance_grows_with_the_damage():
    count, network = 60, RandomFeatures()

    def distance(pictures):
        found = feature_statistics(extract_features(network, [np.stack(pictures)]))
        return frechet_distance(*found, *truth)

    truth = feature_statistics(extract_features(network, toy_faces('test', count, 64)))
    faces = np.concatenate(list(toy_faces('train', count, 64)))
    assert faces.shape == (count, 64, 64, 3)
    floor = distance(faces)
    blurred = [distance([cv2.GaussianBlur(f, (0, 0), s) for f in faces]) for s in (1, 2, 4)]
    assert floor < blurred[0] < blurred[1] < blurred[2]
    assert distance([faces[i % 10] for i in range(count)]) > 1.2 * floor
    assert distance([np.roll(f, 8, axis=1) for f in faces]) > 1.2 * floor


@pytest.mark.parametrize(
    'make',
    [
        lambda: DCGANPrior(DCGAN),
        lambda: BigGANPrior(BIGGAN),
        lambda: PGGANPrior(PGGAN),
    ],
    ids=['dcgan', 'biggan', 'pggan'],
)
def test_samples_do_not_depend_on_the_batch(make):
    prior = make()
    size = prior.image_size
    whole = np.concatenate(list(sample_images(prior, 7, seed=3, batch_size=7)))
    parts = np.concatenate(list(sample_images(prior, 7, seed=3, batch_size=2)))
    assert whole.shape == (7, size, size, 3) and whole.dtype == np.uint8
    assert np.abs(whole.astype(int) - parts).max() <= 1
    other = np.concatenate(list(sample_images(prior, 7, seed=4)))
    assert not np.array_equal(whole, other)


def test_classes_take_turns():
    prior = BigGANPrior(BIGGAN)
    asked = []
    original = prior.sample_latents
    prior.sample_latents = lambda *args, **kwargs: (
        asked.append(kwargs['class_index']) or original(*args, **kwargs)
    )
    list(sample_images(prior, 7))
    assert asked == [0, 1, 2, 3, 4, 0, 1]


def test_prior_lies_between_floor_and_ceiling():
    distances = prior_distances(DCGANPrior(DCGAN), RandomFeatures(), 40, seed=0)
    assert list(distances) == ['samples', 'training faces', 'blurred faces', 'noise']
    assert distances['training faces'] < distances['blurred faces'] < distances['noise']
    assert distances['samples'] > 2 * distances['training faces']  # it has learnt nothing


def test_prior_of_a_training_or_restoration_config(tmp_path):
    path = tmp_path / 'gan.py'
    path.write_text(f'model = dict(type="DCGAN", generator={DCGAN!r})')
    assert prior_of_config(path, 'x.pth') == dict(
        type='DCGANPrior', generator=DCGAN, checkpoint='x.pth'
    )
    path.write_text('model = dict(type="CSGM", prior=dict(type="BEGANPrior", checkpoint="y.pth"))')
    assert prior_of_config(path) == dict(type='BEGANPrior', checkpoint='y.pth')
    path.write_text('model = dict(type="CSGM", prior="pggan_celebahq_1024")')
    assert prior_of_config(path) == dict(type='zoo', name='pggan_celebahq_1024')
    path.write_text('model = dict(type="DIP")')
    with pytest.raises(UserError, match="neither 'prior' nor 'model.generator'"):
        prior_of_config(path)
    path.write_text('model = dict(type="A", generator=dict(type="NoSuchGenerator"))')
    with pytest.raises(UserError, match='NoSuchGenerator'):
        prior_of_config(path)


class Means(torch.nn.Module):
    """Has the calls of the Inception file: uint8 RGB, ``return_features``, ``no_output_bias``."""

    def forward(
        self, image: torch.Tensor, return_features: bool = False, no_output_bias: bool = False
    ) -> torch.Tensor:
        means = image.float().mean((2, 3))
        return means if return_features else means / means.sum(1, keepdim=True)


def test_inception_features_get_rgb(tmp_path):
    path = tmp_path / 'inception.pt'
    torch.jit.script(Means()).save(str(path))
    red = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    red[:, 0] = 200
    assert inception_features(str(path))(red).tolist() == [[200, 0, 0]]
    with pytest.raises(UserError, match='not found'):
        inception_features(str(tmp_path / 'none.pt'))


def test_inception_score_is_that_of_the_classes(tmp_path):
    path = tmp_path / 'inception.pt'
    torch.jit.script(Means()).save(str(path))
    pure = np.zeros((20, 8, 8, 3), np.uint8)
    for i, picture in enumerate(pure):
        picture[..., i % 2] = 255  # red and green in turn
    score, deviation = inception_score(str(path), [pure[:6], pure[6:]], splits=2)
    assert (score, deviation) == (pytest.approx(2, rel=1e-5), pytest.approx(0, abs=1e-5))
    assert inception_score(str(path), [pure[::2]], splits=2)[0] == pytest.approx(1, rel=1e-5)
    with pytest.raises(UserError, match='in 10 parts of 3 pictures'):
        inception_score(str(path), [pure[:3]])
