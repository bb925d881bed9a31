"""The image-adaptive stage as the code of IAGAN has it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mmgenprior.benchmark.plain_csgm import PlainCSGM
from mmgenprior.degradations import Degradation


class PlainIAGAN(PlainCSGM):
    """Adam on the latent and on all weights of the generator.

    Args:
        prior: See :class:`PlainCSGM`.
        degradation: See :class:`PlainCSGM`.
        y: See :class:`PlainCSGM`.
        latents: See :class:`PlainCSGM`.
        latent_lr: Step size of the latent.
        weight_lr: Step size of the weights.
    """

    def __init__(
        self,
        prior: nn.Module,
        degradation: Degradation,
        y: Tensor,
        latents: dict[str, Tensor],
        latent_lr: float = 1e-4,
        weight_lr: float = 1e-4,
    ) -> None:
        super().__init__(prior, degradation, y, latents, latent_lr)
        self.weights = torch.optim.Adam(self.prior.parameters(), lr=weight_lr)

    def step(self) -> tuple[Tensor, Tensor]:
        """See :meth:`PlainLoop.step`."""
        self.weights.zero_grad()
        found = super().step()
        self.weights.step()
        return found
