"""When a search has gone on long enough, image by image."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class EarlyStop:
    """When one image of a batch has been searched long enough.

    A stopped image keeps the result it had; the others of its batch go on and
    do not notice.

    Attributes:
        threshold: Stop once the objective is at or below this value.
        patience: Stop after this many iterations without progress.
        min_delta: Relative decrease of the best objective that counts as progress.
        term: Name of the term that is watched, without its weight (DGP stops at an MSE);
            None for the whole objective.
    """

    threshold: float | None = None
    patience: int | None = None
    min_delta: float = 0.0
    term: str | None = None

    def __post_init__(self) -> None:
        if self.threshold is None and self.patience is None:
            raise ValueError('early_stop needs a threshold or a patience')
        if self.patience is not None and self.patience < 1:
            raise ValueError(f'early_stop: patience must be at least 1, got {self.patience}')

    def watch(self, y: Tensor) -> StopWatch:
        """What applies the rule to a batch of measurements B×...."""
        return StopWatch(self, y)


class StopWatch:
    """An :class:`EarlyStop` at work on B samples, on their device; nothing waits for it.

    Args:
        rule: The rule.
        y: Measurements B×..., for batch size, device and dtype.
    """

    def __init__(self, rule: EarlyStop, y: Tensor) -> None:
        self.rule = rule
        self.best = y.new_full((len(y),), float('inf'))
        self.waited = torch.zeros(len(y), dtype=torch.long, device=y.device)

    def fires(self, seen: Tensor) -> Tensor:
        """Whether each sample has come to its end with what is seen of it now, (B,) bool."""
        rule = self.rule
        progressed = seen < self.best * (1 - rule.min_delta)
        self.best = torch.where(progressed, seen, self.best)
        self.waited = torch.where(progressed, 0, self.waited + 1)
        stopping = torch.zeros_like(progressed)
        if rule.threshold is not None:
            stopping |= seen <= rule.threshold
        if rule.patience is not None:
            stopping |= self.waited >= rule.patience
        return stopping
