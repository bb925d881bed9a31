"""CSGM as the code of IAGAN has it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmgenprior.benchmark.plain_loop import PlainLoop, leaves, unfrozen
from mmgenprior.degradations import Degradation
from mmgenprior.editors.presets import PAPER_RANGE


class PlainCSGM(PlainLoop):
    """Adam on the latent. The weights of the generator get gradients that nobody reads.

    Args:
        prior: The prior; a copy is used.
        degradation: See :class:`PlainLoop`.
        y: See :class:`PlainLoop`.
        latents: Name → 1×... start.
        latent_lr: Step size.
    """

    def __init__(
        self,
        prior: nn.Module,
        degradation: Degradation,
        y: Tensor,
        latents: dict[str, Tensor],
        latent_lr: float = 0.1,
    ) -> None:
        super().__init__(degradation, y)
        self.prior = unfrozen(prior)
        self.latents = leaves(latents)
        self.optimizer = torch.optim.Adam(self.latents.values(), lr=latent_lr)

    def step(self) -> tuple[Tensor, Tensor]:
        """See :meth:`PlainLoop.step`."""
        self.optimizer.zero_grad()
        image = self.prior(self.latents)
        loss = F.mse_loss(self.degradation.predict(image), self.y) * PAPER_RANGE['l2']
        loss.backward()
        self.optimizer.step()
        return loss.detach().view(1), image.detach()
