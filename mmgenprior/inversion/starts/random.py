"""Starts drawn from the prior's own distribution."""

from __future__ import annotations

import torch
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.inversion.callbacks import SearchCallback, ignore
from mmgenprior.inversion.starts.base import Start, class_embedding_of
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils import sample_generator
from mmgenprior.utils.limits import PositiveInt


@MODELS.register_module()
class RandomStart(Start):
    """Draw the latents from the prior's own distribution (CSGM, IAGAN).

    An image of known class starts from that class.

    Args:
        restarts: N searches per image (IAGAN's code: 5 by its default).

    Raises:
        ValueError: If ``restarts`` is below 1.
    """

    draws = True

    def __init__(self, restarts: PositiveInt = 1) -> None:
        super().__init__()
        if restarts < 1:
            raise ValueError(f'RandomStart: restarts must be at least 1, got {restarts}')
        self.restarts = int(restarts)

    def start(
        self,
        prior: nn.Module,
        batch: MeasurementBatch,
        seed: int,
        callback: SearchCallback = ignore,
    ) -> dict[str, Tensor]:
        """One stream per sample, so the first restarts stay the same when N grows."""
        draws = []
        for key in batch.keys:
            generator = sample_generator(seed, key, 'latent')
            draws += [prior.sample_latents(generator) for _ in range(self.restarts)]
        latents = {name: torch.stack([draw[name] for draw in draws]) for name in draws[0]}
        if 'class_embedding' in latents:
            for i, label in enumerate(batch.labels):
                if label is not None:
                    rows = slice(i * self.restarts, (i + 1) * self.restarts)
                    embedding = class_embedding_of(prior, batch.keys[i], label)
                    latents['class_embedding'][rows] = embedding.float().cpu()
        return latents
