"""When a search has gone on long enough, image by image."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mmgenprior.utils.limits import NonNegativeFloat, PositiveFloat, PositiveInt


@dataclass(frozen=True)
class EarlyStop:
    """When one image of a batch has been searched long enough; the first rule that fires ends it.

    A stopped image keeps the result it had; the others of its batch go on and
    do not notice.

    Attributes:
        threshold: Stop once the objective is at or below this value.
        patience: Stop after this many iterations without progress.
        min_delta: Relative decrease of the best objective that counts as progress.
        term: Name of the term that ``threshold`` and ``patience`` watch, without its weight (DGP
            stops at an MSE); None for the whole objective.
        discrepancy: τ: stop once ‖A x − y‖²/m ≤ τσ², where only noise is left to be fitted
            (Morozov 1966). σ is that of the measurement, see
            :meth:`mmgenprior.degradations.Degradation.noise_level`; m counts the numbers that the
            image has a part in, so not the holes. Without noise and ``floor`` it never fires. The
            iterate at which it fires is the one that ``keep='best'`` keeps.
        floor: σ is taken to be at least this, in units of [0, 1] images, so that a discrepancy ends
            the search of an exact measurement too: what it leaves is back-projection's.
        check_every: Iterations between two looks at whether all images have stopped. A look waits
            for the device; take fewer where iterations are expensive.
    """

    threshold: float | None = None
    patience: PositiveInt | None = None
    min_delta: NonNegativeFloat = 0.0
    term: str | None = None
    discrepancy: PositiveFloat | None = None
    floor: NonNegativeFloat = 0.0
    check_every: PositiveInt = 50

    def __post_init__(self) -> None:
        if self.threshold is None and self.patience is None and self.discrepancy is None:
            raise ValueError('give a threshold or a patience or a discrepancy')
        if self.patience is not None and self.patience < 1:
            raise ValueError(f'patience must be at least 1, got {self.patience}')
        if self.discrepancy is not None and not self.discrepancy > 0:
            raise ValueError(f'discrepancy={self.discrepancy} must be positive')
        if self.floor < 0:
            raise ValueError(f'floor={self.floor} must not be negative')
        if self.check_every < 1:
            raise ValueError(f'check_every={self.check_every} must be at least 1')

    def watch(self, y: Tensor, sigma: Tensor | None = None) -> StopWatch:
        """What applies the rule to a batch of measurements B×... with noise of σ (B,)."""
        return StopWatch(self, y, sigma)


@dataclass
class Ended:
    """Whether each sample has come to its end.

    Attributes:
        fired: By any rule, (B,) bool.
        by_discrepancy: By that rule, (B,) bool.
    """

    fired: Tensor
    by_discrepancy: Tensor


class StopWatch:
    """An :class:`EarlyStop` at work on B samples, on their device; nothing waits for it.

    Args:
        rule: The rule.
        y: Measurements B×..., for batch size, device and dtype.
        sigma: Standard deviation of the noise (B,), needed by a discrepancy.
    """

    def __init__(self, rule: EarlyStop, y: Tensor, sigma: Tensor | None = None) -> None:
        self.rule = rule
        self.best = y.new_full((len(y),), float('inf'))
        self.waited = torch.zeros(len(y), dtype=torch.long, device=y.device)
        self._nowhere = torch.zeros(len(y), dtype=torch.bool, device=y.device)
        self._limit: Tensor | None = None
        if rule.discrepancy is not None:
            sigma = sigma.to(y)
            # No misfit is below a negative limit: without noise there is none to over-fit.
            self._limit = torch.where(sigma > 0, rule.discrepancy * sigma.square(), -1.0)

    def fires(self, seen: Tensor, misfit: Tensor | None = None) -> Ended:
        """Whether each sample has come to its end.

        Args:
            seen: What threshold and patience look at, (B,).
            misfit: ‖A x − y‖²/m, (B,), needed by a discrepancy.
        """
        rule = self.rule
        progressed = seen < self.best * (1 - rule.min_delta)
        self.best = torch.where(progressed, seen, self.best)
        self.waited = torch.where(progressed, 0, self.waited + 1)
        by_discrepancy = self._nowhere if self._limit is None else misfit <= self._limit
        fired = by_discrepancy
        if rule.threshold is not None:
            fired = fired | (seen <= rule.threshold)
        if rule.patience is not None:
            fired = fired | (self.waited >= rule.patience)
        return Ended(fired, by_discrepancy)
