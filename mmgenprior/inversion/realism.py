"""What a discriminator and the start distribution say of an estimate, without the measurement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike

import torch
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.degradations import Degradation
from mmgenprior.inversion.objective import Estimate, ObjectiveTerm
from mmgenprior.priors.discriminators import (
    build_discriminator,
    discriminator_input,
    discriminator_logit,
)
from mmgenprior.utils.errors import UserError


@MODELS.register_module()
class AdversarialPrior(ObjectiveTerm):
    """log(1 − D(G(z))) − log D(G(z)), MAP-D's surrogate for −log p(x) (Eq. 3 and 5).

    With D = σ(l) of the logit l that MMagic's ``DCGANDiscriminator`` returns, log(1 − σ(l)) −
    log σ(l) = −softplus(l) + softplus(−l) = −l exactly, and −l is what is computed: no logarithm
    of a rounded 0. Its gradient never fades, whichever side of D the image is on.

    The discriminator is frozen and in eval mode, so its batch normalisation couples no samples.

    Args:
        discriminator: See :func:`mmgenprior.priors.discriminators.build_discriminator`; it returns
            logits B×K (averaged over K); of a BigGAN's the part that does not depend on the class.
        weight: λ.
        checkpoint: Weight file for a config; None keeps random weights and says so.
        checkpoint_prefix: Sub-module of that file, e.g. ``'discriminator'``.
        output_range: Its values for black and white; ignored for a name.
        channel_order: ``'bgr'``, as MMagic's generators emit, or ``'rgb'``; ignored for a name.

    Raises:
        UserError: If the catalogue has no such prior or it no discriminator, the weight file is
            at fault, or the channel order unknown.
    """

    def __init__(
        self,
        discriminator: str | Mapping | nn.Module,
        weight: float = 1.0,
        checkpoint: str | PathLike | None = None,
        checkpoint_prefix: str | None = None,
        output_range: Sequence[float] = (-1.0, 1.0),
        channel_order: str = 'bgr',
    ) -> None:
        super().__init__(weight)
        output_range, channel_order = discriminator_input(
            discriminator, output_range, channel_order
        )
        if channel_order not in ('rgb', 'bgr'):
            raise UserError(f"AdversarialPrior: channel_order='{channel_order}', use rgb or bgr")
        self.discriminator = build_discriminator(discriminator, checkpoint, checkpoint_prefix)
        self.output_range = output_range
        self.channel_order = channel_order

    def prepare(self, y: Tensor, degradation: Degradation) -> None:
        """Nothing to prepare: the term looks at the image alone."""
        return None

    def forward(self, estimate: Estimate, target: None = None) -> Tensor:
        """−logit D(G(z)) per sample, shape (B,)."""
        low, high = self.output_range
        image = estimate.image * (high - low) + low
        image = image.flip(1) if self.channel_order == 'bgr' else image
        return -discriminator_logit(self.discriminator, image)

    def train(self, mode: bool = True) -> AdversarialPrior:
        """Stay in eval mode whatever the model around does."""
        return super().train(False)


@MODELS.register_module()
class UniformLatentPrior(ObjectiveTerm):
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
            raise ValueError(f'UniformLatentPrior: box must be positive, got {box}')
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
