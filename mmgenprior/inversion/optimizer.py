"""The optimiser of a stage, with what it takes over from the stage before."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from mmgenprior.inversion.stages import Stage

Group = dict[str, Any]


class StageOptimizer:
    """A stage's optimiser over named leaf tensors.

    Args:
        stage: Step sizes, kind of optimiser, warm-up.
        groups: ``dict(names=[...], params=[...], lr=...)`` in the order latents, weights.
        state: ``dict(steps=int, moments={name: {...}})`` that an earlier stage ended with
            (:meth:`state`), or None to start afresh.
    """

    def __init__(
        self, stage: Stage, groups: list[Group], state: dict[str, Any] | None = None
    ) -> None:
        self.stage = stage
        self._named: dict[str, Tensor] = {}
        for group in groups:
            self._named.update(zip(group['names'], group['params']))
        self._rates = [group['lr'] for group in groups]
        self._optimizer = stage.build_optimizer(
            [dict(params=group['params'], lr=group['lr']) for group in groups]
        )
        self.steps = 0
        # Moments of what this stage leaves alone are handed on as they are.
        self._others: dict[str, dict[str, Any]] = {}
        if state is not None:
            self.steps = state['steps']
            for name, moments in state['moments'].items():
                copied = {k: _copy(v) for k, v in moments.items()}
                if name in self._named:
                    self._optimizer.state[self._named[name]] = copied
                else:
                    self._others[name] = copied

    def step(self, objective: Tensor) -> None:
        """One update from the sum of the samples' objectives (B,)."""
        self.steps += 1
        if self.stage.warm_up:
            share = min(1.0, self.steps / self.stage.warm_up)
            for group, rate in zip(self._optimizer.param_groups, self._rates):
                group['lr'] = rate * share
        self._optimizer.zero_grad(set_to_none=True)
        objective.sum().backward()
        self._optimizer.step()

    def state(self) -> dict[str, Any]:
        """Steps taken and moments by name, for the stage that follows."""
        moments = dict(self._others)
        for name, tensor in self._named.items():
            if tensor in self._optimizer.state:
                moments[name] = dict(self._optimizer.state[tensor])
        return dict(steps=self.steps, moments=moments)


def _copy(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, torch.Tensor) else value
