"""DGP as its code has it: the search of a start, and a step of a stage."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmgenprior.benchmark.plain_loop import PlainLoop, leaves, unfrozen
from mmgenprior.degradations import Degradation
from mmgenprior.editors.presets import PAPER_RANGE
from mmgenprior.inversion import DiscriminatorFeaturesTerm
from mmgenprior.priors.discriminators import Discriminator


def _distance(
    term: DiscriminatorFeaturesTerm, prediction: Tensor, y: Tensor, degradation: Degradation
) -> Tensor:
    """The ℓ1 distance, the features of the measurement computed anew."""
    with torch.no_grad():
        wanted = term.features_of(y, degradation)
    found = term.features_of(prediction, degradation)
    return sum(F.l1_loss(a, b) for a, b in zip(reversed(found), reversed(wanted)))


class PlainCandidates(PlainLoop):
    """One candidate after the other through the generator and the discriminator.

    Args:
        prior: The prior; a copy is used.
        degradation: See :class:`PlainLoop`.
        y: See :class:`PlainLoop`.
        candidates: Name → N×... latents to compare.
        discriminator: What sees the distance.
        features: How many of its features count, from the deepest.
        at_once: How many candidates a step compares.
    """

    def __init__(
        self,
        prior: nn.Module,
        degradation: Degradation,
        y: Tensor,
        candidates: dict[str, Tensor],
        discriminator: Discriminator,
        features: int = 3,
        at_once: int = 25,
    ) -> None:
        super().__init__(degradation, y)
        self.prior = unfrozen(prior)
        self.candidates = candidates
        self.term = DiscriminatorFeaturesTerm(unfrozen(discriminator), features)
        self.at_once = at_once
        self.done = 0

    @torch.no_grad()
    def step(self) -> tuple[Tensor, Tensor]:
        """The distances (n,) and images n×3×H×W of the next candidates."""
        distances, images = [], []
        for n in range(self.done, min(self.done + self.at_once, len(self.candidates['z']))):
            image = self.prior({k: v[n : n + 1] for k, v in self.candidates.items()})
            prediction = self.degradation.predict(image)
            distances.append(_distance(self.term, prediction, self.y, self.degradation))
            images.append(image)
        self.done += len(images)
        return torch.stack(distances), torch.cat(images)


class PlainDGP(PlainLoop):
    """Adam on z and, block by block, on the weights.

    The blocks that rest have the step size 0: gradients and moments are computed all the same, and
    so are gradients of the discriminator.

    Args:
        prior: The BigGAN prior; a copy is used.
        degradation: See :class:`PlainLoop`.
        y: See :class:`PlainLoop`.
        latents: ``z`` and, where there is one, ``class_embedding``, 1×....
        discriminator: What sees the distance; a copy is used.
        latent_lr: Step size of z.
        weight_lr: Step size of the linear layer and of every block that is adapted.
        blocks: How many are adapted beside the linear layer.
        features: How many features of the discriminator count, from the deepest.
        weights: Of the feature distance, the squared error on [-1, 1] and the latent's negative
            log-likelihood.
    """

    def __init__(
        self,
        prior: nn.Module,
        degradation: Degradation,
        y: Tensor,
        latents: dict[str, Tensor],
        discriminator: Discriminator,
        latent_lr: float,
        weight_lr: float,
        blocks: int,
        features: int | None = None,
        weights: Sequence[float] = (1.0, 1.0, 0.02),
    ) -> None:
        super().__init__(degradation, y)
        self.prior = unfrozen(prior)
        self.latents = leaves(latents)
        self.term = DiscriminatorFeaturesTerm(unfrozen(discriminator), features)
        self.weights = tuple(weights)
        groups = [
            dict(params=parameters, lr=weight_lr if number <= blocks else 0.0)
            for number, (_, parameters) in enumerate(self.prior.blocks[:-1])
        ]
        options = dict(betas=(0.0, 0.999), eps=1e-8)
        self.of_weights = torch.optim.Adam(groups, lr=0.0, **options)
        self.of_latent = torch.optim.Adam([self.latents['z']], lr=latent_lr, **options)

    def step(self) -> tuple[Tensor, Tensor]:
        """See :meth:`PlainLoop.step`."""
        self.of_latent.zero_grad()
        self.of_weights.zero_grad()
        image = self.prior(self.latents)
        prediction = self.degradation.predict(image)
        of_features, of_pixels, of_latent = self.weights
        loss = _distance(self.term, prediction, self.y, self.degradation) * of_features
        loss = loss + F.mse_loss(prediction, self.y) * PAPER_RANGE['l2'] * of_pixels
        loss = loss + (self.latents['z'].square() / 2).mean() * of_latent
        loss.backward()
        self.of_latent.step()
        self.of_weights.step()
        return loss.detach().view(1), image.detach()
