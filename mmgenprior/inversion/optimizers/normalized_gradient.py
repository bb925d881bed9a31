"""Gradient descent with steps of a given length."""

from __future__ import annotations

from typing import Any

import torch

from mmgenprior.inversion.optimizers.base import (
    Evaluation,
    Group,
    SearchFunctions,
    SearchOptimizer,
    StreamsOf,
)
from mmgenprior.registry import SEARCH_OPTIMIZERS


@SEARCH_OPTIMIZERS.register_module()
class NormalizedGradient(SearchOptimizer):
    """x ← x − η g/‖g‖, the robust optimiser of Poirier-Ginter and Lalonde (2023).

    'Robust unsupervised StyleGAN image restoration', CVPR 2023. The step size η of the stage is
    the length of a step, whatever the scale of the objective, so one setting serves many
    degradations. It does not shrink by itself: keep the best iterate (the default of a stage).

    Args:
        per: What ‖g‖ runs over: ``'tensor'``, all entries of a sample's tensor (a code, a weight);
            ``'vector'``, its last dimension, as the authors' code does: every style of w+ then
            takes a step of its own.
    """

    def __init__(self, per: str = 'tensor') -> None:
        if per not in ('tensor', 'vector'):
            raise ValueError(f"per must be 'tensor' or 'vector', got {per!r}")
        self.per = per

    def begin(
        self,
        groups: list[Group],
        warm_up: int = 0,
        state: dict[str, Any] | None = None,
        streams: StreamsOf = (),
    ) -> NormalizedGradientRun:
        """See :meth:`SearchOptimizer.begin`."""
        return NormalizedGradientRun(self, groups, warm_up, state)


class NormalizedGradientRun:
    """:class:`NormalizedGradient` at work.

    Args:
        options: The options.
        groups: See :meth:`SearchOptimizer.begin`.
        warm_up: The step sizes rise linearly over this many steps.
        state: ``dict(steps=int)`` of an earlier stage, or None.
    """

    def __init__(
        self,
        options: NormalizedGradient,
        groups: list[Group],
        warm_up: int,
        state: dict[str, Any] | None,
    ) -> None:
        self.options = options
        self._rated = [(value, group['lr']) for group in groups for value in group['params']]
        self._warm_up = warm_up
        self.steps = 0 if state is None else state['steps']

    def update(self, evaluation: Evaluation, functions: SearchFunctions) -> None:
        """One step of every sample and tensor."""
        self.steps += 1
        share = min(1.0, self.steps / self._warm_up) if self._warm_up else 1.0
        values = [value for value, _ in self._rated]
        found = torch.autograd.grad(evaluation.value.sum(), values, allow_unused=True)
        with torch.no_grad():
            for (value, rate), gradient in zip(self._rated, found):
                if gradient is None:
                    continue
                over = list(range(1, value.dim())) if self.options.per == 'tensor' else [-1]
                norm = torch.linalg.vector_norm(gradient, dim=over, keepdim=True)
                tiny = torch.finfo(norm.dtype).tiny
                value.sub_(gradient / norm.clamp(min=tiny), alpha=rate * share)

    def state(self) -> dict[str, Any]:
        """Steps taken."""
        return dict(steps=self.steps)
