"""mGANprior as its code has it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from mmgenprior.benchmark.plain_loop import PlainLoop, leaves, unfrozen
from mmgenprior.degradations import Degradation
from mmgenprior.editors.presets import PAPER_RANGE
from mmgenprior.inversion import PerceptualFeaturesTerm
from mmgenprior.inversion.terms.base import picture_of
from mmgenprior.priors import MultiCodePrior
from mmgenprior.priors.cut import Cut


class PlainMultiCode(PlainLoop):
    """The codes go through the shallow blocks one after the other.

    The features of the measurement are computed at every step, with a graph: the feature network is
    not frozen either, and gets gradients from both sides.

    Args:
        prior: N codes composed in a PGGAN; a copy is used.
        degradation: See :class:`PlainLoop`.
        y: See :class:`PlainLoop`.
        latents: Codes ``z`` and weights ``alpha``, 1×N×....
        optimizer: PyTorch's optimiser of ``dict(params=..., lr=...)`` groups.
        latent_lr: Step size of every latent.
        features: Term of VGG-16 features, prepared; its network is copied. None leaves it out.
    """

    def __init__(
        self,
        prior: MultiCodePrior,
        degradation: Degradation,
        y: Tensor,
        latents: dict[str, Tensor],
        optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.SGD,
        latent_lr: Mapping[str, float] | float = 1.0,
        features: PerceptualFeaturesTerm | None = None,
    ) -> None:
        super().__init__(degradation, y)
        self.multi = unfrozen(prior)
        self.latents = leaves(latents)
        rates = latent_lr if isinstance(latent_lr, Mapping) else dict.fromkeys(latents, latent_lr)
        groups = [dict(params=[value], lr=rates[name]) for name, value in self.latents.items()]
        self.optimizer = optimizer(groups, lr=0.0)
        self.features = copy.deepcopy(features)
        if features is not None:
            self.features.network.requires_grad_(True)

    def step(self) -> tuple[Tensor, Tensor]:
        """See :meth:`PlainLoop.step`."""
        image = self.multi.prior.forward_from(Cut(self._composed()), self.multi.layer)
        prediction = self.degradation.predict(image)
        self.optimizer.zero_grad()
        loss = F.mse_loss(prediction, self.y) * PAPER_RANGE['l2']
        if self.features is not None:
            found = self.features.features(picture_of(prediction, self.degradation))
            wanted = self.features.features(picture_of(self.y, self.degradation))
            distances = [F.l1_loss(a, b) for a, b in zip(found, wanted)]
            loss = loss + sum(distances) / len(distances) * self.features.weight
        loss.backward()
        self.optimizer.step()
        return loss.detach().view(1), image.detach()

    def _composed(self) -> Tensor:
        z, alpha = self.latents['z'], self.latents['alpha']
        maps = []
        for n in range(self.multi.codes):
            cut = self.multi.prior.forward_until({'z': z[:, n]}, self.multi.layer)
            maps.append(cut.features * alpha[:, n, :, None, None])
        composed = sum(maps)
        return composed / self.multi.codes if self.multi.averaged else composed
