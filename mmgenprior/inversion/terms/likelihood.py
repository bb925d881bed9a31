"""How likely the measurement is, with a noise level that is known, or told by the residual."""

from __future__ import annotations

import torch
from mmagic.registry import MODELS
from torch import Tensor

from mmgenprior.degradations import Degradation
from mmgenprior.inversion.terms.base import Estimate, ObjectiveTerm


@MODELS.register_module()
class LikelihoodTerm(ObjectiveTerm):
    """−log p(y | z) of Gaussian noise, up to a constant, with no weight to tune.

    What a generator cannot draw adds to the noise of the measurement, and shows in the residual:
    σ_eff² = max(σ², ‖r‖²/m), the level of largest likelihood that is not below the measurement's
    own σ. The term is m/2·log(σ_eff²/σ₀²) + ‖r‖²/(2σ_eff²) − m/2. With :class:`LatentNormTerm`
    (``reduction='sum'``) it makes the MAP objective of a generator with normal latents.

    Args:
        floor: σ where none is known: less than this is no misfit, in units of [0, 1] images.

    Raises:
        ValueError: If ``floor`` is not positive.
    """

    def __init__(self, floor: float = 1e-3) -> None:
        super().__init__()
        if not floor > 0:
            raise ValueError(f'LikelihoodTerm: floor must be positive, got {floor}')
        self.floor = float(floor)

    def prepare(self, y: Tensor, degradation: Degradation) -> tuple[Tensor, Tensor]:
        """The measurements, and σ² of each (B,)."""
        sigma = y.new_zeros(len(y)) if degradation.sigma is None else degradation.sigma.to(y)
        return y, sigma.clamp(min=self.floor).square()

    def forward(self, estimate: Estimate, target: tuple[Tensor, Tensor]) -> Tensor:
        """Value per sample, shape (B,)."""
        y, variance = target
        residual = (estimate.prediction - y).flatten(1)
        mean = residual.square().mean(1)
        level = torch.maximum(mean, variance)
        return residual.shape[1] / 2 * ((level / self.floor**2).log() + mean / level - 1)

    def residual(self, estimate: Estimate, target: tuple[Tensor, Tensor]) -> Tensor:
        """r/(√2·σ_eff) with σ_eff held fixed: its squares have the gradient of the term."""
        y, variance = target
        residual = (estimate.prediction - y).flatten(1)
        level = torch.maximum(residual.detach().square().mean(1), variance)
        return residual / (2 * level).sqrt()[:, None]
