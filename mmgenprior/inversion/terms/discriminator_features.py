"""The distance that a discriminator sees between a prediction and the measurement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.degradations import Degradation
from mmgenprior.inversion.terms.base import (
    Estimate,
    ObjectiveTerm,
    per_sample,
    picture_of,
    reweighted,
    scaled_rows,
)
from mmgenprior.priors.discriminators import build_discriminator


@MODELS.register_module()
class DiscriminatorFeaturesTerm(ObjectiveTerm):
    """Sum of the ℓ1 distances of block features of a discriminator (DGP, Eq. 3).

    L(x₁, x₂) = Σ_i mean |D(x₁, i) − D(x₂, i)| over the chosen blocks i, of A(G(z)) and the
    measurement as pictures: not clamped, grey copied to three channels, holes at the operator's
    centre, a smaller picture enlarged bilinearly to the size of the image, and a measurement
    that is no picture as its adjoint image. The features of the measurement are computed once.

    Args:
        discriminator: :class:`mmgenprior.priors.discriminators.Discriminator`, its config, or its
            ``network`` (e.g. the name of a prior of the catalogue).
        features: How many features, counted from the deepest; None is all.
        weight: Factor of the term.

    Raises:
        ValueError: If ``features`` is below 1.
        UserError: If the discriminator cannot be had.
    """

    def __init__(
        self,
        discriminator: str | Mapping | nn.Module,
        features: int | None = None,
        weight: float = 1.0,
    ) -> None:
        super().__init__(weight)
        if features is not None and features < 1:
            raise ValueError(f'DiscriminatorFeaturesTerm: features={features} must be at least 1')
        self.discriminator = build_discriminator(discriminator)
        self.features = features

    def features_of(self, y: Tensor, degradation: Degradation) -> list[Tensor]:
        """Features of measurements or predictions B×..., from shallow to deep.

        Raises:
            UserError: If the discriminator has fewer than asked for.
        """
        picture = picture_of(y, degradation)
        size = degradation.image_shape[-2:]
        if tuple(picture.shape[-2:]) != tuple(size):
            picture = F.interpolate(picture, size=size, mode='bilinear', align_corners=False)
        return self.discriminator.features(picture, self.features)

    def prepare(self, y: Tensor, degradation: Degradation) -> tuple[Degradation, list[Tensor]]:
        """The operator, and the features of the measurement."""
        return degradation, self.features_of(y, degradation)

    def forward(self, estimate: Estimate, target: Any) -> Tensor:
        """Distance per sample, shape (B,); target features of one sample serve them all."""
        degradation, wanted = target
        found = self.features_of(estimate.prediction, degradation)
        # From the deepest on, the order in which the official code sums.
        pairs = list(zip(found, wanted))[::-1]
        return sum(per_sample((a - b).abs(), 'mean') for a, b in pairs)

    def residual(self, estimate: Estimate, target: Any) -> Tensor:
        """See :meth:`ObjectiveTerm.residual`, by re-weighting."""
        degradation, wanted = target
        found = self.features_of(estimate.prediction, degradation)
        return torch.cat([scaled_rows(reweighted(a - b), 'mean') for a, b in zip(found, wanted)], 1)
