"""Optimisers that follow the gradient: PyTorch's own, over per-sample tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from mmgenprior.inversion.optimizers.base import (
    Evaluation,
    Group,
    SearchFunctions,
    SearchOptimizer,
    StreamsOf,
)
from mmgenprior.registry import SEARCH_OPTIMIZERS

# Fused Adam on the CPU came with torch 2.4.
_FUSED_ADAM_ON_CPU = tuple(int(v) for v in torch.__version__.split('.')[:2]) >= (2, 4)


class _FirstOrder(SearchOptimizer):
    """One gradient and one step an iteration."""

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """PyTorch's optimiser over ``dict(params=[...], lr=...)`` groups."""
        raise TypeError(f'{type(self).__name__} does not define build()')

    def begin(
        self,
        groups: list[Group],
        warm_up: int = 0,
        state: dict[str, Any] | None = None,
        streams: StreamsOf = (),
    ) -> FirstOrderRun:
        """See :meth:`SearchOptimizer.begin`."""
        own = [dict(params=group['params'], lr=group['lr']) for group in groups]
        return FirstOrderRun(self.build(own), groups, warm_up, state)


@SEARCH_OPTIMIZERS.register_module()
class Adam(_FirstOrder):
    """Adam (Kingma and Ba 2015), in its fused form where there is one.

    Args:
        betas: Decay rates of the moments.
        eps: ε.
    """

    def __init__(self, betas: Sequence[float] = (0.9, 0.999), eps: float = 1e-8) -> None:
        self.betas = (float(betas[0]), float(betas[1]))
        self.eps = float(eps)

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """See :meth:`_FirstOrder.build`."""
        on_gpu = all(p.is_cuda for group in groups for p in group['params'])
        fused = on_gpu or _FUSED_ADAM_ON_CPU
        return torch.optim.Adam(
            groups, lr=0.0, betas=self.betas, eps=self.eps, fused=fused, foreach=not fused
        )


@SEARCH_OPTIMIZERS.register_module()
class SGD(_FirstOrder):
    """Gradient descent.

    Args:
        momentum: Share of the step before that is added.
    """

    def __init__(self, momentum: float = 0.0) -> None:
        self.momentum = float(momentum)

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """See :meth:`_FirstOrder.build`."""
        return torch.optim.SGD(groups, lr=0.0, momentum=self.momentum, foreach=True)


class FirstOrderRun:
    """A PyTorch optimiser over named leaf tensors, with what it takes over from the stage before.

    Args:
        optimizer: PyTorch's.
        groups: See :meth:`SearchOptimizer.begin`.
        warm_up: The step sizes rise linearly over this many steps, counted over all stages that
            carry the optimiser.
        state: ``dict(steps=int, moments={name: {...}})`` that an earlier stage ended with, or None.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        groups: list[Group],
        warm_up: int = 0,
        state: dict[str, Any] | None = None,
    ) -> None:
        self._optimizer = optimizer
        self._warm_up = warm_up
        self._named: dict[str, Tensor] = {}
        for group in groups:
            self._named.update(zip(group['names'], group['params']))
        self._rates = [group['lr'] for group in groups]
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

    def update(self, evaluation: Evaluation, functions: SearchFunctions | None = None) -> None:
        """One step along the gradient of the sum of the samples' objectives."""
        self.steps += 1
        if self._warm_up:
            share = min(1.0, self.steps / self._warm_up)
            for group, rate in zip(self._optimizer.param_groups, self._rates):
                group['lr'] = rate * share
        self._optimizer.zero_grad(set_to_none=True)
        evaluation.value.sum().backward()
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
