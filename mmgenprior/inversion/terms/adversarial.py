"""What a discriminator says of an estimate, without the measurement."""

from __future__ import annotations

from collections.abc import Mapping

from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.degradations import Degradation
from mmgenprior.inversion.terms.base import Estimate, ObjectiveTerm
from mmgenprior.priors.discriminators import build_discriminator


@MODELS.register_module()
class AdversarialTerm(ObjectiveTerm):
    """log(1 − D(G(z))) − log D(G(z)), MAP-D's surrogate for −log p(x) (Eq. 3 and 5).

    With D = σ(l) of the logit l that MMagic's ``DCGANDiscriminator`` returns, log(1 − σ(l)) −
    log σ(l) = −softplus(l) + softplus(−l) = −l exactly, and −l is what is computed: no logarithm
    of a rounded 0. Its gradient never fades, whichever side of D the image is on.

    The discriminator is frozen and in eval mode, so its batch normalisation couples no samples.

    Args:
        discriminator: :class:`mmgenprior.priors.discriminators.Discriminator`, its config, or its
            ``network`` (e.g. the name of a prior of the catalogue).
        weight: λ.

    Raises:
        UserError: If the discriminator cannot be had.
    """

    def __init__(self, discriminator: str | Mapping | nn.Module, weight: float = 1.0) -> None:
        super().__init__(weight)
        self.discriminator = build_discriminator(discriminator)

    def prepare(self, y: Tensor, degradation: Degradation) -> None:
        """Nothing to prepare: the term looks at the image alone."""
        return None

    def forward(self, estimate: Estimate, target: None = None) -> Tensor:
        """−logit D(G(z)) per sample, shape (B,)."""
        return -self.discriminator.logit(estimate.image)
