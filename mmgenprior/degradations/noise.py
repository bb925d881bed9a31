"""Measurement noise, drawn from each sample's own generator."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmgenprior.degradations.base import DegradationError
from mmgenprior.registry import NOISES
from mmgenprior.utils.limits import NonNegativeFloat


@NOISES.register_module()
class GaussianNoise(nn.Module):
    """Additive white Gaussian noise.

    Args:
        sigma: Standard deviation in units of [0, 1] images (10 grey levels are
            ``10 / 255``), or a pair (low, high) from which each sample draws
            its own, uniformly (blind denoising, BIGPrior sec. IV-D: 5/255 to 50/255).

    Raises:
        DegradationError: If sigma is negative or the pair is not ordered.
    """

    def __init__(self, sigma: NonNegativeFloat | Sequence[NonNegativeFloat]) -> None:
        super().__init__()
        bounds = (sigma, sigma) if isinstance(sigma, (int, float)) else tuple(sigma)
        if len(bounds) != 2 or not 0 <= bounds[0] <= bounds[1] < float('inf'):
            raise DegradationError(
                f'GaussianNoise: sigma={sigma!r} must be a number >= 0 or a pair low <= high'
            )
        self.bounds = bounds

    def draw_parameters(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw one sample's ``sigma``, a scalar."""
        low, high = self.bounds
        if low == high:
            return {'sigma': torch.tensor(float(low))}
        return {'sigma': low + (high - low) * torch.rand((), generator=generator)}

    def forward(self, y: Tensor, sigma: Tensor, generators: Sequence[torch.Generator]) -> Tensor:
        """Add noise.

        Args:
            y: Clean measurements, B×...
            sigma: Standard deviations, shape (B,).
            generators: One CPU generator per sample.

        Returns:
            Noisy measurements, B×...
        """
        if len(generators) != len(y):
            raise DegradationError(
                f'GaussianNoise: {len(y)} measurements need as many generators, not '
                f'{len(generators)}'
            )
        noise = torch.stack([torch.randn(y.shape[1:], generator=g) for g in generators])
        scale = sigma.to(y.device, y.dtype).view(-1, *[1] * (y.dim() - 1))
        return y + scale * noise.to(y.device, y.dtype)
