"""Starts that are handed in."""

from __future__ import annotations

from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.inversion.callbacks import SearchCallback, ignore
from mmgenprior.inversion.starts.base import Start
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.limits import PositiveInt


@MODELS.register_module()
class GivenStart(Start):
    """Start from latents handed in, e.g. of an earlier run.

    Args:
        latents: Name → B×N×... tensors, or B×... with one start per image.
        restarts: N.
    """

    def __init__(self, latents: dict[str, Tensor], restarts: PositiveInt = 1) -> None:
        super().__init__()
        self.latents = latents
        self.restarts = int(restarts)

    def start(
        self,
        prior: nn.Module,
        batch: MeasurementBatch,
        seed: int,
        callback: SearchCallback = ignore,
    ) -> dict[str, Tensor]:
        """The given latents, flattened over images and restarts.

        Raises:
            ValueError: If their number does not fit the batch.
        """
        flat = {}
        for name, value in self.latents.items():
            value = value.reshape(-1, *prior.latent_shapes[name])
            if len(value) != len(batch) * self.restarts:
                raise ValueError(
                    f'GivenStart: {len(value)} latents {name!r} for {len(batch)} images with '
                    f'{self.restarts} restarts'
                )
            flat[name] = value
        return flat
