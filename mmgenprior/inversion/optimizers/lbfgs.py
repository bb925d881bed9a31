"""L-BFGS with a history and a line search of every sample's own."""

from __future__ import annotations

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
from mmgenprior.inversion.optimizers.rows import Rows, all_of, count, dot, positive, times
from mmgenprior.registry import SEARCH_OPTIMIZERS
from mmgenprior.utils.errors import UserError

# Least s·y ÷ (‖s‖‖y‖) of a pair that is taken into the history.
_CURVATURE = 1e-8


@SEARCH_OPTIMIZERS.register_module()
class LBFGS(SearchOptimizer):
    """Limited-memory BFGS for latents and weights (Nocedal 1980; Nocedal and Wright, Alg. 7.4).

    Every sample has its own history, and a backtracking line search of its own to Armijo's
    condition (1966), with quadratic interpolation (Dennis and Schnabel 1983, A6.3.1). A pair (s, y)
    joins the history where its curvature s·y is positive. Where no step is accepted, the sample
    stays, forgets its history and goes on with a shorter gradient step.

    The step sizes of the stage set the metric: entries are measured in units of their step size,
    and the first step is one such unit long (root mean square).

    Args:
        memory: Pairs remembered; each costs two numbers per entry.
        tries: Steps tried in an iteration, at most.
        armijo: Share of the slope by which the objective must fall.
    """

    def __init__(self, memory: int = 20, tries: int = 10, armijo: float = 1e-4) -> None:
        self.memory = count('memory', memory)
        self.tries = count('tries', tries)
        self.armijo = positive('armijo', armijo)

    def begin(
        self,
        groups: list[Group],
        warm_up: int = 0,
        state: dict[str, Any] | None = None,
        streams: StreamsOf = (),
    ) -> LBFGSRun:
        """See :meth:`SearchOptimizer.begin`.

        Raises:
            UserError: If the step sizes are to rise.
        """
        if warm_up:
            raise UserError('LBFGS searches its steps: set warm_up=0')
        return LBFGSRun(self, groups, state)


class LBFGSRun:
    """:class:`LBFGS` at work on B samples; rows are in units of their step sizes.

    Args:
        options: The options.
        groups: See :meth:`SearchOptimizer.begin`.
        state: Of an earlier stage, used where it moved the same tensors, or None.
    """

    def __init__(self, options: LBFGS, groups: list[Group], state: dict[str, Any] | None) -> None:
        self.options = options
        self._rows = Rows(groups)
        flat = self._rows.read()
        batch, entries = flat.shape
        if state is not None and state['layout'] == self._rows.layout:
            self._kept = {k: v.clone() for k, v in state['kept'].items()}
            return
        double = dict(dtype=torch.float64, device=flat.device)
        self._kept = dict(
            s=flat.new_zeros(batch, options.memory, entries),
            y=flat.new_zeros(batch, options.memory, entries),
            # 1/(s·y); 0 is an empty place, which the recursion passes over.
            rho=torch.zeros(batch, options.memory, **double),
            gamma=torch.zeros(batch, **double),
            length=torch.ones(batch, **double),
            place=torch.zeros(batch, dtype=torch.long, device=flat.device),
            position=torch.full_like(flat, torch.nan),
            gradient=torch.full_like(flat, torch.nan),
        )

    def update(self, evaluation: Evaluation, functions: SearchFunctions) -> None:
        """One iteration of every sample."""
        gradient = self._rows.gradient(evaluation.value) * self._rows.step_sizes
        with torch.no_grad():
            flat = self._rows.read()
            self._remember(flat, gradient)
            direction = -self._inverse_hessian_times(gradient)
            slope = dot(direction, gradient)
            self._search(flat, direction, slope, evaluation.value.detach(), functions)

    def _remember(self, flat: Tensor, gradient: Tensor) -> None:
        kept = self._kept
        s = (flat - kept['position']) / self._rows.step_sizes
        y = gradient - kept['gradient']
        curvature, s_norm, y_norm = dot(s, y), dot(s, s).sqrt(), dot(y, y).sqrt()
        # False too for what stood still and, by NaN, before the first step.
        good = (curvature > _CURVATURE * s_norm * y_norm) & (s_norm > 0)
        everyone = torch.arange(len(flat), device=flat.device)
        place = kept['place']
        for name, new in (('s', s), ('y', y), ('rho', 1 / curvature)):
            old = kept[name][everyone, place]
            chosen = good if old.dim() == 1 else good[:, None]
            kept[name][everyone, place] = torch.where(chosen, new, old)
        kept['gamma'] = torch.where(good, curvature / y_norm.square(), kept['gamma'])
        kept['place'] = torch.where(good, (place + 1) % self.options.memory, place)
        kept['position'], kept['gradient'] = flat, gradient

    def _inverse_hessian_times(self, gradient: Tensor) -> Tensor:
        """The two-loop recursion, newest pair first and back again."""
        kept, memory = self._kept, self.options.memory
        everyone = torch.arange(len(gradient), device=gradient.device)
        order = [(kept['place'] - 1 - age) % memory for age in range(memory)]
        shares, q = [], gradient
        for place in order:
            rho = kept['rho'][everyone, place]
            shares.append(rho * dot(kept['s'][everyone, place], q))
            q = q - times(shares[-1], kept['y'][everyone, place])
        rms = (dot(gradient, gradient) / gradient.shape[1]).sqrt()
        first = kept['length'] / rms.clamp(min=torch.finfo(torch.float64).tiny)
        q = times(torch.where(kept['gamma'] > 0, kept['gamma'], first), q)
        for place, share in zip(reversed(order), reversed(shares)):
            rho = kept['rho'][everyone, place]
            back = rho * dot(kept['y'][everyone, place], q)
            q = q + times(share - back, kept['s'][everyone, place])
        return q

    def _search(
        self,
        flat: Tensor,
        direction: Tensor,
        slope: Tensor,
        value: Tensor,
        functions: SearchFunctions,
    ) -> None:
        kept, position = self._kept, flat
        taken = torch.zeros(len(flat), dtype=torch.bool, device=flat.device)
        step = torch.ones_like(slope)
        for _ in range(self.options.tries):
            tried = flat + times(step, direction) * self._rows.step_sizes
            found = functions.evaluate(self._rows.named(tried)).value
            enough = found <= value + self.options.armijo * step * slope
            better = ~taken & enough & (found < value)
            position = torch.where(better[:, None], tried, position)
            taken = taken | better
            if all_of(taken):
                break
            # The parabola through both values and the slope; NaN halves the step.
            lowest = -slope * step.square() / (2 * (found - value - slope * step))
            lowest = torch.nan_to_num(lowest, nan=0.0, posinf=0.0, neginf=0.0)
            shorter = torch.minimum(torch.maximum(lowest, 0.1 * step), 0.5 * step)
            step = torch.where(taken, step, shorter)
        kept['rho'] = torch.where(taken[:, None], kept['rho'], 0.0)
        kept['gamma'] = torch.where(taken, kept['gamma'], 0.0)
        kept['length'] = torch.where(taken, kept['length'], 0.1 * kept['length'])
        self._rows.write(position)

    def state(self) -> dict[str, Any]:
        """The history, with the layout that it belongs to."""
        return dict(layout=self._rows.layout, kept=self._kept)
