"""The distance that a discriminator sees between a prediction and the measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.degradations import Degradation
from mmgenprior.inversion.objective import Estimate, ObjectiveTerm, per_sample, picture_of
from mmgenprior.priors.discriminators import (
    build_discriminator,
    discriminator_features,
    discriminator_input,
)
from mmgenprior.utils.errors import UserError


@MODELS.register_module()
class DiscriminatorFeatures(ObjectiveTerm):
    """Sum of the ℓ1 distances of block features of a discriminator (DGP, Eq. 3).

    L(x₁, x₂) = Σ_i mean |D(x₁, i) − D(x₂, i)| over the chosen blocks i, of A(G(z)) and the
    measurement as pictures: not clamped, grey copied to three channels, holes at the operator's
    centre, a smaller picture enlarged bilinearly to the size of the image, and a measurement
    that is no picture as its adjoint image. The features of the measurement are computed once.

    Args:
        discriminator: Name in the catalogue, config (with ``checkpoint``) or module of MMagic's
            ``BigGANDiscriminator``, ``DCGANDiscriminator`` or ``PGGANDiscriminator``.
        features: How many features, counted from the deepest; None is all.
        activated_last: See :func:`mmgenprior.priors.discriminators.discriminator_features`.
        input_range: The discriminator's values for black and white; ignored for a name.
        channel_order: ``'rgb'`` or ``'bgr'``, what it was trained on; ignored for a name.
        weight: Factor of the term.

    Raises:
        ValueError: If an option has no such value.
        UserError: If the discriminator cannot be had.
    """

    def __init__(
        self,
        discriminator: str | dict | nn.Module,
        features: int | None = None,
        activated_last: bool = False,
        input_range: Sequence[float] = (-1.0, 1.0),
        channel_order: str = 'bgr',
        weight: float = 1.0,
    ) -> None:
        super().__init__(weight)
        if features is not None and features < 1:
            raise ValueError(f'DiscriminatorFeatures: features={features} must be at least 1')
        input_range, channel_order = discriminator_input(discriminator, input_range, channel_order)
        if channel_order not in ('rgb', 'bgr'):
            raise ValueError(
                f"DiscriminatorFeatures: channel_order={channel_order!r}: use 'rgb' or 'bgr'"
            )
        self.discriminator = build_discriminator(discriminator)
        self.features = features
        self.activated_last = activated_last
        self.input_range = input_range
        self.channel_order = channel_order

    def features_of(self, y: Tensor, degradation: Degradation) -> list[Tensor]:
        """Features of measurements or predictions B×..., from shallow to deep.

        Raises:
            UserError: If the discriminator has fewer than asked for.
        """
        picture = picture_of(y, degradation)
        size = degradation.image_shape[-2:]
        if tuple(picture.shape[-2:]) != tuple(size):
            picture = F.interpolate(picture, size=size, mode='bilinear', align_corners=False)
        low, high = self.input_range
        image = picture * (high - low) + low
        if self.channel_order == 'bgr':
            image = image.flip(1)
        found = discriminator_features(self.discriminator, image, self.activated_last)
        if self.features is not None and self.features > len(found):
            raise UserError(
                f'DiscriminatorFeatures: features={self.features}, but '
                f'{type(self.discriminator).__name__} has {len(found)}'
            )
        return found if self.features is None else found[-self.features :]

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

    def train(self, mode: bool = True) -> DiscriminatorFeatures:
        """Stay in eval mode: batch statistics would couple the samples."""
        return super().train(False)
