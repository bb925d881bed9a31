"""The density of a uniform latent: a box."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmagic.registry import MODELS
from torch import Tensor

from mmgenprior.degradations import Degradation
from mmgenprior.inversion.terms.base import Estimate, ObjectiveTerm


@MODELS.register_module()
class LatentBoxTerm(ObjectiveTerm):
    """−log p(z) of the uniform distribution on the box [−b, b], up to its constant (MAP-D, Eq. 3).

    0 inside and infinite outside, that is a constraint and no pull: the paper chooses p(z) uniform
    so that "the regularizer depends only on" D (section 3.1). What keeps a search inside is the
    projection ``latent_box`` of its stage; this term bars an iterate outside from being kept as
    the best. Eq. 3 prints the sign of log p(z) reversed, which a constant does not show; Eq. 5
    has it right. The constant d·log 2b is left out, as it would drown small objectives in
    float32 rounding.

    Args:
        box: b.
        latents: Names of the latents it applies to.

    Raises:
        ValueError: If ``box`` is not positive.
    """

    def __init__(self, box: float = 1.0, latents: Sequence[str] = ('z',)) -> None:
        super().__init__()
        if not box > 0:
            raise ValueError(f'LatentBoxTerm: box must be positive, got {box}')
        self.box = float(box)
        self.latents = tuple(latents)

    def prepare(self, y: Tensor, degradation: Degradation) -> None:
        """Nothing to prepare: the term looks at the latents alone."""
        return None

    def forward(self, estimate: Estimate, target: None = None) -> Tensor:
        """0 or infinity per sample, shape (B,)."""
        largest = [estimate.latents[name].detach().flatten(1).abs() for name in self.latents]
        outside = torch.cat(largest, dim=1).amax(1) > self.box
        return torch.zeros_like(estimate.image[:, 0, 0, 0]).masked_fill(outside, torch.inf)

    def residual(self, estimate: Estimate, target: None = None) -> Tensor:
        """Nothing, B×0: inside the box the term is 0, and the stage's projection keeps it there."""
        return estimate.image.new_zeros(len(estimate.image), 0)
