"""Gauss-Newton by conjugate gradients: least squares with products alone, for any size."""

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
from mmgenprior.inversion.optimizers.linearised import Linearised
from mmgenprior.inversion.optimizers.rows import Rows, all_of, count, dot, positive, times
from mmgenprior.registry import SEARCH_OPTIMIZERS
from mmgenprior.utils.errors import UserError

_TINY = torch.finfo(torch.float64).tiny


@SEARCH_OPTIMIZERS.register_module()
class GaussNewtonCG(SearchOptimizer):
    """Damped Gauss-Newton steps by CGLS, damped and accepted per sample.

    Of the residual r(x), whose squares add up to the objective, an iteration minimises
    ‖J δ + r‖² + μ‖δ‖² over δ by conjugate gradients on the normal equations (Hestenes and Stiefel
    1952; Björck 1996, Alg. 7.4.1), with products J v and Jᵀu and no Jacobian stored: for w+, many
    codes with their α, feature maps, weights and large measurements. Each sample has its own
    scalars. The iterates of CG grow in length, so where the objective does not fall by the last
    one, shorter ones are tried (every half as many products), and μ rises; else it falls.

    The step sizes of the stage set the metric: entries are measured in units of their step size,
    so with equal step sizes they change nothing. μ is λ‖J g‖²/‖g‖² for g = Jᵀr, which has the scale
    of JᵀJ.

    Args:
        products: Conjugate gradient steps, each one J v and one Jᵀu.
        damping: λ at the start.
        decrease: What λ is divided by where the whole step is accepted.
        increase: What it is multiplied by for every step refused.
    """

    needs_graph = False

    def __init__(
        self,
        products: int = 15,
        damping: float = 1e-3,
        decrease: float = 3.0,
        increase: float = 4.0,
    ) -> None:
        self.products = count('products', products)
        self.damping = positive('damping', damping)
        self.decrease = positive('decrease', decrease)
        self.increase = positive('increase', increase)

    def begin(
        self,
        groups: list[Group],
        warm_up: int = 0,
        state: dict[str, Any] | None = None,
        streams: StreamsOf = (),
    ) -> GaussNewtonCGRun:
        """See :meth:`SearchOptimizer.begin`.

        Raises:
            UserError: If the step sizes are to rise.
        """
        if warm_up:
            raise UserError('GaussNewtonCG searches its steps: set warm_up=0')
        return GaussNewtonCGRun(self, groups, state)


class GaussNewtonCGRun:
    """:class:`GaussNewtonCG` at work on B samples.

    Args:
        options: The options.
        groups: See :meth:`SearchOptimizer.begin`.
        state: ``dict(damping=...)`` of an earlier stage, or None.
    """

    def __init__(
        self, options: GaussNewtonCG, groups: list[Group], state: dict[str, Any] | None
    ) -> None:
        self.options = options
        self._rows = Rows(groups)
        y = self._rows.step_sizes
        batch = len(next(iter(self._rows.tensors.values())))
        self._damping = y.new_full((batch,), options.damping, dtype=torch.float64)
        if state is not None:
            self._damping = state['damping'].clone()

    def steps(self, functions: SearchFunctions) -> list[Tensor]:
        """Iterates of CGLS after 1, 2, 4, … and all products, B×d, in the entries' own units."""
        scale, products = self._rows.step_sizes, self.options.products
        linear = Linearised(lambda x: functions.residual(self._rows.named(x)), self._rows.read())
        rest = -linear.residual
        descent = linear.transposed(rest) * scale
        step, direction = torch.zeros_like(descent), descent
        length = dot(descent, descent)
        damping, found = None, []
        for done in range(1, products + 1):
            image = linear.times(direction * scale)
            stretch = dot(image, image)
            if damping is None:
                damping = self._damping * stretch / length.clamp(min=_TINY)
            curvature = stretch + damping * dot(direction, direction)
            # 0 where the sample is solved: nothing moves any more.
            along = torch.where(curvature > 0, length / curvature.clamp(min=_TINY), 0.0)
            step = step + times(along, direction)
            if done == products or done & (done - 1) == 0:
                found.append(step * scale)
            if done == products:
                break
            rest = rest - times(along, image)
            descent = linear.transposed(rest) * scale - times(damping, step)
            before, length = length, dot(descent, descent)
            turn = torch.where(before > 0, length / before.clamp(min=_TINY), 0.0)
            direction = descent + times(turn, direction)
        return found

    @torch.no_grad()
    def update(self, evaluation: Evaluation, functions: SearchFunctions) -> None:
        """One iteration of every sample."""
        options, flat = self.options, self._rows.read()
        value, position = evaluation.value.detach(), flat
        taken = torch.zeros(len(flat), dtype=torch.bool, device=flat.device)
        for number, step in enumerate(reversed(self.steps(functions))):
            tried = flat + step
            better = ~taken & (functions.evaluate(self._rows.named(tried)).value < value)
            position = torch.where(better[:, None], tried, position)
            # A shorter step that is accepted leaves the damping that the refused ones raised.
            accepted = 1 / options.decrease if number == 0 else 1.0
            factor = torch.where(better, accepted, options.increase)
            self._damping = torch.where(taken, self._damping, self._damping * factor)
            self._damping = self._damping.clamp(1e-12, 1e12)
            taken = taken | better
            if all_of(taken):
                break
        self._rows.write(position)

    def state(self) -> dict[str, Any]:
        """The damping of every sample."""
        return dict(damping=self._damping)
