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
    """

    def __init__(self, weight: float = 1.0, latents: Sequence[str] = ('z',)) -> None:
        super().__init__(weight)
        self.latents = tuple(latents)

    def prepare(self, y: Tensor, degradation: Degradation) -> None:
        """Nothing to prepare: the term looks at the latents alone."""
        return None

    def forward(self, estimate: Estimate, target: None) -> Tensor:
        """Half mean square per sample, shape (B,)."""
        return sum(0.5 * per_sample(estimate.latents[k].square(), 'mean') for k in self.latents)

    def residual(self, estimate: Estimate, target: None) -> Tensor:
        """See :meth:`ObjectiveTerm.residual`."""
        rows = [scaled_rows(estimate.latents[k], 'mean') * 0.5**0.5 for k in self.latents]
        return torch.cat(rows, dim=1)
