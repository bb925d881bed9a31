"""What a stage hands on, and how parts of a batch are joined and chosen from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from mmgenprior.inversion.iterate import Iterate, Tensors


@dataclass
class StageResult:
    """Outcome of a stage for B samples.

    Attributes:
        image: Kept images, B×3×H×W, RGB on the scale [0, 1], not clamped.
        iterate: Kept latents, features and weights; latents alone if no more was asked for.
        objective: Objective of what was kept, (B,).
        trace: Objective before each update, iterations×B; NaN once an image has stopped.
        diverged: Whether a search ended in an objective or an image that is not finite, (B,).
        optimizer: Per sample the optimiser's state, see
            :meth:`mmgenprior.inversion.SearchOptimizer.begin`; empty unless it is carried.
    """

    image: Tensor
    iterate: Iterate
    objective: Tensor
    trace: Tensor
    diverged: Tensor
    optimizer: list[dict[str, Any]] = field(default_factory=list)

    @property
    def latents(self) -> Tensors:
        """Kept latents, name → B×...."""
        return self.iterate.latents

    @property
    def weights(self) -> Tensors:
        """Kept weights that replace the pre-trained ones, name → B×...."""
        return self.iterate.weights

    def take(self, index: Tensor) -> StageResult:
        """The samples at ``index`` (K,), in that order."""
        return StageResult(
            image=self.image[index],
            iterate=self.iterate.take(index),
            objective=self.objective[index],
            trace=self.trace[:, index],
            diverged=self.diverged[index],
            optimizer=[self.optimizer[i] for i in index.tolist()] if self.optimizer else [],
        )


def join(results: Sequence[StageResult]) -> StageResult:
    """Concatenate the results of consecutive parts of a batch."""
    if len(results) == 1:
        return results[0]
    return StageResult(
        image=torch.cat([r.image for r in results]),
        iterate=Iterate.join([r.iterate for r in results]),
        objective=torch.cat([r.objective for r in results]),
        trace=torch.cat([r.trace for r in results], dim=1),
        diverged=torch.cat([r.diverged for r in results]),
        optimizer=[state for r in results for state in r.optimizer],
    )


def restart_spread(image: Tensor, restarts: int) -> Tensor:
    """How much the restarts of an image disagree, pixel by pixel.

    Args:
        image: Images (B·N)×3×H×W, the N restarts of an image side by side, clamped here to [0, 1].
        restarts: N.

    Returns:
        Standard deviation over the restarts, root mean square over the channels, B×1×H×W. A
        restart that diverged to NaN is left out; without two that did not, it is 0.
    """
    table = image.detach().unflatten(0, (-1, restarts)).clamp(0, 1)
    finite = table.flatten(2).isfinite().all(2)[..., None, None, None]
    count = finite.sum(1).clamp(min=1)
    table = torch.where(finite, table, 0.0)
    mean = table.sum(1) / count
    variance = torch.where(finite, (table - mean[:, None]).square(), 0.0).sum(1) / count
    return variance.mean(1, keepdim=True).sqrt()


def best_restart(objective: Tensor, restarts: int) -> Tensor:
    """Index of the best of every ``restarts`` consecutive samples.

    Args:
        objective: Objectives (B·N,), the N restarts of an image side by side.
        restarts: N.

    Returns:
        Indices (B,) into the samples. A restart that diverged to NaN never wins
        over one that did not.
    """
    table = objective.view(-1, restarts)
    table = torch.where(table.isnan(), torch.inf, table)
    return table.argmin(1) + torch.arange(len(table), device=table.device) * restarts
