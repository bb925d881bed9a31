"""Pictures out of a prior."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from mmgenprior.priors.base import Prior
from mmgenprior.utils.seeding import sample_generator


def sample_images(
    prior: Prior, count: int, seed: int = 0, batch_size: int = 32
) -> Iterator[np.ndarray]:
    """Draw pictures as a GAN is judged by: random latents, and each class in turn.

    Args:
        prior: The prior; its device is used.
        count: Number of pictures.
        seed: Seed; picture i is a function of (seed, i) and the weights.
        batch_size: Pictures at once.

    Yields:
        uint8 B×H×W×3, RGB, rounded and clipped.
    """
    for first in range(0, count, batch_size):
        numbers = range(first, min(first + batch_size, count))
        latents = [_latents(prior, number, seed) for number in numbers]
        stacked = {k: torch.stack([x[k] for x in latents]).to(prior.like) for k in latents[0]}
        with torch.no_grad():
            images = prior(stacked).float().clamp(0, 1)
        yield (images * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()


def _latents(prior: Prior, number: int, seed: int) -> dict[str, torch.Tensor]:
    stream = sample_generator(seed, f'{number:06d}', 'sample')
    if 'class_embedding' in prior.latent_shapes:
        return prior.sample_latents(stream, class_index=number % prior.generator.num_classes)
    return prior.sample_latents(stream)
