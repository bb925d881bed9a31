"""Levenberg-Marquardt: least squares by the whole Jacobian, for up to some 1,000 numbers."""

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
from mmgenprior.inversion.optimizers.linearised import whole_jacobian
from mmgenprior.inversion.optimizers.rows import Rows, all_of, count, dot, positive
from mmgenprior.registry import SEARCH_OPTIMIZERS
from mmgenprior.utils.errors import UserError

_PRECISIONS = {'float32': None, 'bfloat16': torch.bfloat16, 'float16': torch.float16}


@SEARCH_OPTIMIZERS.register_module()
class LevenbergMarquardt(SearchOptimizer):
    """Damped Gauss-Newton steps (Levenberg 1944, Marquardt 1963), damped and accepted per sample.

    Of the residual r(z), whose squares add up to the objective, the Jacobian J = ∂r/∂z is taken by
    one batched forward-mode product for each entry of z, and every iteration solves
    (JᵀJ + λ·tr(JᵀJ)/d·I) δ = Jᵀr in float64. z − δ is taken where the objective falls, and λ
    changed by how much of the promised fall came true (Nielsen 1999, IMM-REP-1999-05); elsewhere λ
    is multiplied and the step tried again.

    The step sizes of the stage are not used, but for which latents move (not 0).

    Args:
        damping: λ at the start.
        decrease: What λ is divided by, at most, after an accepted step.
        increase: What it is multiplied by after a refused one.
        tries: Steps tried in an iteration, at most.
        chunk: Forward-mode products computed at once; bounds the memory. By default 16 on the CPU,
            as many as stay in its caches, and 64 elsewhere.
        refresh: Iterations from one Jacobian to the next; in between J follows the steps by
            Broyden's rank-one update (1965), which costs no product.
        jacobian_dtype: What the generator computes J in: ``'float32'`` (its own precision),
            ``'bfloat16'`` or ``'float16'``. Residual and objective keep their precision, so the
            optimum does not move. On a CPU that multiplies bfloat16 it halves the time of BEGAN,
            whose J is off by 0.4 % then; a small PGGAN's was off by 27 %, so look before.
    """

    needs_graph = False

    def __init__(
        self,
        damping: float = 1e-1,
        decrease: float = 3.0,
        increase: float = 4.0,
        tries: int = 6,
        chunk: int | None = None,
        refresh: int = 1,
        jacobian_dtype: str = 'float32',
    ) -> None:
        self.damping = positive('damping', damping)
        self.decrease = positive('decrease', decrease)
        self.increase = positive('increase', increase)
        self.tries = count('tries', tries)
        self.chunk = None if chunk is None else count('chunk', chunk)
        self.refresh = count('refresh', refresh)
        if jacobian_dtype not in _PRECISIONS:
            raise ValueError(
                f'jacobian_dtype must be one of {tuple(_PRECISIONS)}, got {jacobian_dtype!r}'
            )
        self.jacobian_dtype = _PRECISIONS[jacobian_dtype]

    def begin(
        self,
        groups: list[Group],
        warm_up: int = 0,
        state: dict[str, Any] | None = None,
        streams: StreamsOf = (),
    ) -> LevenbergMarquardtRun:
        """See :meth:`SearchOptimizer.begin`.

        Raises:
            UserError: If the step sizes are to rise.
        """
        if warm_up:
            raise UserError('LevenbergMarquardt has no step sizes: set warm_up=0')
        return LevenbergMarquardtRun(self, groups, state)


class LevenbergMarquardtRun:
    """:class:`LevenbergMarquardt` at work on B samples.

    Args:
        options: The options.
        groups: See :meth:`SearchOptimizer.begin`.
        state: Of an earlier stage, whose Jacobian goes on if it moved the same, or None.
    """

    def __init__(
        self, options: LevenbergMarquardt, groups: list[Group], state: dict[str, Any] | None
    ) -> None:
        self.options = options
        self._rows = Rows(groups)
        flat = self._rows.read()
        self._damping = flat.new_full((len(flat),), options.damping, dtype=torch.float64)
        # Position B×d, residual B×m and Jacobian B×m×d of the iteration before, and its age.
        self._known: tuple[Tensor, Tensor, Tensor] | None = None
        self._age = 0
        if state is not None:
            self._damping = state['damping'].clone()
            if state['layout'] == self._rows.layout:
                self._known, self._age = state['known'], state['age']

    def _linearise(self, flat: Tensor, functions: SearchFunctions) -> tuple[Tensor, Tensor]:
        """Residual and Jacobian at the rows: exact every so many iterations, else by Broyden."""
        options = self.options
        if self._known is None or self._age >= options.refresh:
            chunk = options.chunk or (16 if flat.device.type == 'cpu' else 64)
            name = type(options).__name__
            residual, jacobian = whole_jacobian(
                functions, self._rows, name, chunk, options.jacobian_dtype
            )
            self._age = 0
        else:
            before, old, jacobian = self._known
            residual = functions.residual(self._rows.named(flat))
            step = flat - before
            missed = residual - old - (jacobian @ step[..., None])[..., 0]
            square = dot(step, step)
            # What did not move learns nothing.
            inverse = torch.where(square > 0, 1 / square, 0.0).to(flat.dtype)
            jacobian = jacobian + missed[..., None] * (step * inverse[:, None])[:, None]
        self._age += 1
        self._known = (flat, residual, jacobian) if options.refresh > 1 else None
        return residual, jacobian

    @torch.no_grad()
    def update(self, evaluation: Evaluation, functions: SearchFunctions) -> None:
        """One iteration of every sample."""
        options, flat = self.options, self._rows.read()
        residual, jacobian = self._linearise(flat, functions)
        normal = (jacobian.mT @ jacobian).double()
        gradient = (jacobian.mT @ residual[..., None]).double()
        scale = normal.diagonal(dim1=1, dim2=2).mean(1).clamp(min=torch.finfo(flat.dtype).tiny)
        unit = torch.eye(normal.shape[1], dtype=torch.float64, device=flat.device)
        value, position = evaluation.value.detach(), flat
        taken = torch.zeros(len(flat), dtype=torch.bool, device=flat.device)
        for _ in range(options.tries):
            damped = normal + (self._damping * scale)[:, None, None] * unit
            # A matrix that is not positive definite by rounding refuses the step, no more.
            factor, failed = torch.linalg.cholesky_ex(damped)
            delta = torch.cholesky_solve(gradient, factor)[..., 0]
            tried = flat - delta.to(flat.dtype)
            found = functions.evaluate(self._rows.named(tried)).value
            better = ~taken & (failed == 0) & (found < value)
            position = torch.where(better[:, None], tried, position)
            # Nielsen's rule: λ falls only as far as the linear model of r held good.
            curved = dot(delta, (normal @ delta[..., None])[..., 0])
            gain = (value - found) / (2 * dot(gradient[..., 0], delta) - curved)
            eased = (1 - (2 * gain - 1).pow(3)).clamp(1 / options.decrease, 2.0)
            factor_of = torch.where(better, eased, options.increase)
            self._damping = torch.where(taken, self._damping, self._damping * factor_of)
            self._damping = self._damping.clamp(1e-12, 1e12)
            taken = taken | better
            # Where asking costs nothing, what nobody needs any more is not computed.
            if all_of(taken):
                break
        self._rows.write(position)

    def state(self) -> dict[str, Any]:
        """The damping of every sample, and what Broyden's updates go on from."""
        return dict(
            damping=self._damping, layout=self._rows.layout, known=self._known, age=self._age
        )
