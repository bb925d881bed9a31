"""Langevin dynamics: samples instead of an optimum."""

from __future__ import annotations

import math
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
from mmgenprior.inversion.optimizers.rows import Rows, positive
from mmgenprior.registry import SEARCH_OPTIMIZERS

_PRECONDITIONERS = ('none', 'rmsprop', 'jacobian')


@SEARCH_OPTIMIZERS.register_module()
class Langevin(SearchOptimizer):
    """x ← x − h P ∇U(x) + √(2hT) P^½ ξ, the unadjusted Langevin algorithm; ξ ~ N(0, I).

    Samples are those of exp(−U/T) only where the objective U is a negative log density in full, up
    to a constant: a data term summed over the measurement with weight 1/(2σ²), and the latents'
    own (for ``LatentNormTerm``, which is a mean, the weight is the number of entries). With any
    other objective the iterates are a noisy search and mean nothing as samples. Keep the last
    iterate (``keep='last'``), not the best.

    The step size h of the stage is in the units of P. The stationary law is off by O(h), which no
    accept step takes out (Roberts and Tweedie 1996).

    Args:
        preconditioner: ``'none'``; ``'rmsprop'``, per entry 1/(√v + ε) with v the running mean of
            the squared gradient (pSGLD, Li et al. 2016, Alg. 1, without its Γ term: a bias that
            vanishes as v settles); ``'jacobian'``, (2JᵀJ)⁻¹ of the residual where the stage
            begins, held fixed (a constant metric of Girolami and Calderhead 2011), which mixes in
            some 1/h steps; for latents alone and objectives of squares.
        temperature: T; 0 is preconditioned gradient descent.
        decay: Of the running mean of ``'rmsprop'``.
        eps: ε of ``'rmsprop'``, and relative to the mean of the diagonal of JᵀJ what is added to it
            for ``'jacobian'``.

    Raises:
        ValueError: If an option has no such value.
    """

    needs_streams = True

    def __init__(
        self,
        preconditioner: str = 'rmsprop',
        temperature: float = 1.0,
        decay: float = 0.99,
        eps: float = 1e-5,
    ) -> None:
        if preconditioner not in _PRECONDITIONERS:
            raise ValueError(
                f'preconditioner must be one of {_PRECONDITIONERS}, got {preconditioner!r}'
            )
        if not temperature >= 0:
            raise ValueError(f'temperature must not be negative, got {temperature!r}')
        self.preconditioner = preconditioner
        self.temperature = float(temperature)
        self.decay = float(decay)
        self.eps = positive('eps', eps)

    def begin(
        self,
        groups: list[Group],
        warm_up: int = 0,
        state: dict[str, Any] | None = None,
        streams: StreamsOf = (),
    ) -> LangevinRun:
        """See :meth:`SearchOptimizer.begin`.

        Raises:
            ValueError: If there is not one stream per sample.
        """
        return LangevinRun(self, groups, warm_up, state, streams)


class LangevinRun:
    """:class:`Langevin` at work on B samples.

    Args:
        options: The options.
        groups: See :meth:`SearchOptimizer.begin`.
        warm_up: The step sizes rise linearly over this many steps.
        state: Of an earlier stage, whose streams and metric go on, or None.
        streams: One CPU generator per sample.
    """

    def __init__(
        self,
        options: Langevin,
        groups: list[Group],
        warm_up: int,
        state: dict[str, Any] | None,
        streams: StreamsOf,
    ) -> None:
        self.options = options
        self._rows = Rows(groups)
        self._warm_up = warm_up
        flat = self._rows.read()
        if len(streams) != len(flat):
            raise ValueError(f'Langevin: {len(streams)} streams for {len(flat)} samples')
        self._streams = list(streams)
        self.steps = 0
        self._metric: Tensor | None = None
        if state is not None:
            self.steps = state['steps']
            for stream, place in zip(self._streams, state['streams']):
                stream.set_state(place)
            if state['layout'] == self._rows.layout:
                self._metric = None if state['metric'] is None else state['metric'].clone()

    def update(self, evaluation: Evaluation, functions: SearchFunctions) -> None:
        """One step of every sample."""
        gradient = self._rows.gradient(evaluation.value)
        self.steps += 1
        share = min(1.0, self.steps / self._warm_up) if self._warm_up else 1.0
        with torch.no_grad():
            flat = self._rows.read()
            self._measure(gradient, functions)
            # Step sizes that differ stand on both sides of P, which keeps it symmetric.
            root = (self._rows.step_sizes * share).sqrt()
            moved = flat - root * self._apply(self._apply(root * gradient, transposed=True))
            if self.options.temperature:
                noise = root * self._apply(self._noise(flat))
                moved = moved + math.sqrt(2 * self.options.temperature) * noise
            self._rows.write(moved)

    def _measure(self, gradient: Tensor, functions: SearchFunctions) -> None:
        options = self.options
        if options.preconditioner == 'rmsprop':
            square = gradient.square()
            old = square if self._metric is None else self._metric
            self._metric = options.decay * old + (1 - options.decay) * square
        elif options.preconditioner == 'jacobian' and self._metric is None:
            _, jacobian = whole_jacobian(functions, self._rows, 'Langevin by the Jacobian')
            normal = (2 * jacobian.mT @ jacobian).double()
            scale = normal.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
            unit = torch.eye(normal.shape[1], dtype=normal.dtype, device=normal.device)
            self._metric = torch.linalg.cholesky_ex(normal + options.eps * scale * unit)[0]

    def _apply(self, rows: Tensor, transposed: bool = False) -> Tensor:
        """P^½ of rows B×d, or its transpose: with P = L⁻ᵀL⁻¹, P^½ is L⁻ᵀ."""
        if self.options.preconditioner == 'none':
            return rows
        if self.options.preconditioner == 'rmsprop':
            return rows / (self._metric.sqrt() + self.options.eps).sqrt()
        lower = self._metric if transposed else self._metric.mT
        solved = torch.linalg.solve_triangular(
            lower, rows.double()[..., None], upper=not transposed
        )
        return solved[..., 0].to(rows.dtype)

    def _noise(self, like: Tensor) -> Tensor:
        """One row of N(0, I) from every sample's own stream."""
        drawn = [torch.randn(like.shape[1], generator=stream) for stream in self._streams]
        return torch.stack(drawn).to(like)

    def state(self) -> dict[str, Any]:
        """Steps taken, the metric and where the streams stand."""
        return dict(
            steps=self.steps,
            layout=self._rows.layout,
            metric=self._metric,
            streams=[stream.get_state() for stream in self._streams],
        )
