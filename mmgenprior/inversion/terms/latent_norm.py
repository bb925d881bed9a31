"""The density of a normal latent."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmagic.registry import MODELS
from torch import Tensor

from mmgenprior.degradations import Degradation
from mmgenprior.inversion.terms.base import Estimate, ObjectiveTerm, per_sample, scaled_rows


@MODELS.register_module()
class LatentNormTerm(ObjectiveTerm):
    """Half the mean square of the latents, −log p(z) of a standard normal up to scale.

    The λ‖z‖² of CSGM (Bora et al. 2017, Eq. 3) and DGP's latent NLL.

    Args:
        weight: Factor of the term.
        latents: Names of the latents it applies to.
        reduction: ``'mean'``, as DGP has it, or ``'sum'``, −log p(z) itself.

    Raises:
        ValueError: If there is no such reduction.
    """

    def __init__(
        self, weight: float = 1.0, latents: Sequence[str] = ('z',), reduction: str = 'mean'
    ) -> None:
        super().__init__(weight)
        if reduction not in ('mean', 'sum'):
            raise ValueError(f"LatentNormTerm: reduction={reduction!r}: use 'mean' or 'sum'")
        self.latents = tuple(latents)
        self.reduction = reduction

    def prepare(self, y: Tensor, degradation: Degradation) -> None:
        """Nothing to prepare: the term looks at the latents alone."""
        return None

    def forward(self, estimate: Estimate, target: None) -> Tensor:
        """Half mean (or summed) square per sample, shape (B,)."""
        squares = (estimate.latents[k].square() for k in self.latents)
        return sum(0.5 * per_sample(square, self.reduction) for square in squares)

    def residual(self, estimate: Estimate, target: None) -> Tensor:
        """See :meth:`ObjectiveTerm.residual`."""
        rows = [scaled_rows(estimate.latents[k], self.reduction) for k in self.latents]
        return torch.cat(rows, dim=1) * 0.5**0.5
