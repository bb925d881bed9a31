"""How near the pictures of a prior are to toy faces, between a floor and a ceiling."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from torch import Tensor

from mmgenprior.datasets.toyfaces import render_face
from mmgenprior.evaluation.frechet import extract_features, feature_statistics, frechet_distance
from mmgenprior.priors.base import Prior
from mmgenprior.priors.sampling import sample_images

BLUR = 2.0
_BATCH = 32


def prior_distances(
    prior: Prior,
    network: Callable[[Tensor], Tensor],
    count: int,
    seed: int = 0,
    device: str = 'cpu',
) -> dict[str, float]:
    """Fréchet distances from held-out toy faces, each of as many pictures.

    The distance of finite sets is biased upwards, by more the fewer pictures there are; so it is
    comparable only at equal ``count``, and the training faces tell what a perfect prior would get.

    Args:
        prior: Its samples are compared at its own size.
        network: As :func:`mmgenprior.evaluation.frechet.extract_features`.
        count: Number of pictures in every set.
        seed: Seed of the samples and of the noise.
        device: Where the network is.

    Returns:
        Distances by name: ``samples``; ``training faces``, the floor; ``blurred faces``, training
        faces behind a Gaussian of σ = 2/64 of the side; ``noise``, uniform in every pixel.
    """
    size = prior.image_size
    random = np.random.default_rng(seed)
    training = list(toy_faces('train', count, size))
    sets = {
        'held out': toy_faces('test', count, size),
        'samples': sample_images(prior, count, seed, _BATCH),
        'training faces': training,
        'blurred faces': (_blurred(batch) for batch in training),
        'noise': (
            random.integers(0, 256, (n, size, size, 3), dtype=np.uint8) for n in _sizes(count)
        ),
    }
    moments = {
        name: feature_statistics(extract_features(network, batches, device))
        for name, batches in sets.items()
    }
    truth = moments.pop('held out')
    return {name: frechet_distance(*found, *truth) for name, found in moments.items()}


def toy_faces(split: str, count: int, size: int) -> Iterator[np.ndarray]:
    """The first toy faces of a split, in batches of uint8 B×size×size×3, RGB."""
    first = 0
    for n in _sizes(count):
        yield np.stack([render_face(0, split, first + i, size) for i in range(n)])
        first += n


def _sizes(count: int) -> list[int]:
    return [min(_BATCH, count - first) for first in range(0, count, _BATCH)]


def _blurred(batch: np.ndarray) -> np.ndarray:
    sigma = BLUR * batch.shape[1] / 64
    return np.stack([cv2.GaussianBlur(picture, (0, 0), sigma) for picture in batch])
