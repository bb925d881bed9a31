"""One iteration of a search, as a function of a state."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mmgenprior.degradations import Degradation, flat_gain
from mmgenprior.inversion.features import Ball
from mmgenprior.inversion.generation import generate_iterate
from mmgenprior.inversion.iterate import Iterate
from mmgenprior.inversion.objective import Objective
from mmgenprior.inversion.optimizers import Evaluation, SearchFunctions
from mmgenprior.inversion.record import Record
from mmgenprior.inversion.stages import Stage
from mmgenprior.inversion.terms.base import Estimate
from mmgenprior.inversion.variables import project


@dataclass
class Problem:
    """A batch of restorations that differ only in their measurement.

    Attributes:
        prior: The frozen prior adapter.
        degradation: The measurement operator, bound to the parameters of the batch.
        y: Measurements, B×....
        objective: What is minimised.
    """

    prior: nn.Module
    degradation: Degradation
    y: Tensor
    objective: Objective

    @property
    def sigma(self) -> Tensor:
        """Standard deviation of each measurement's noise (B,), 0 without."""
        return self.degradation.noise_level(self.y)

    def sigma_above(self, floor: float) -> Tensor:
        """The same, but at least what an error of ``floor`` in a flat image is measured as."""
        if not floor:
            return self.sigma
        return self.sigma.clamp(min=floor * flat_gain(self.degradation, self.y).sqrt().to(self.y))


@dataclass
class SearchState:
    """Where the search of a batch stands.

    Attributes:
        problem: What is searched.
        stage: How.
        iterate: The variables; leaf tensors that are moved in place.
        ball: What keeps the features near their start, or None.
        targets: Of :meth:`Objective.prepare`.
        factors: Of :meth:`Objective.weights`.
        watched: Position of the term that the stopping rule watches, or None.
        optimizer: What :meth:`SearchOptimizer.begin` returned.
        record: What is remembered.
        iteration: Iterations done.
    """

    problem: Problem
    stage: Stage
    iterate: Iterate
    ball: Ball | None
    targets: list[Any]
    factors: Sequence[float]
    watched: int | None
    optimizer: Any
    record: Record
    iteration: int = 0


def _estimate(state: SearchState, iterate: Iterate, dtype: torch.dtype | None) -> Estimate:
    """The image of an iterate and its measurement; the generator computes in ``dtype``."""
    problem = state.problem
    # The operator keeps its precision: it is cheap, and caches what it computes in.
    with torch.autocast(problem.y.device.type, dtype) if dtype else contextlib.nullcontext():
        image = generate_iterate(problem.prior, iterate)
    image = image.to(problem.y.dtype) if dtype else image
    return Estimate(image, problem.degradation.predict(image), iterate.latents)


def _evaluate(state: SearchState, estimate: Estimate) -> Evaluation:
    value, seen = state.problem.objective.evaluate(
        estimate, state.targets, state.factors, state.watched
    )
    return Evaluation(value, estimate.image, None if seen is None else seen.detach())


def evaluate(state: SearchState, moved: dict[str, Tensor] | None = None) -> Evaluation:
    """One forward pass: Σ_k w_k L_k(A(G(z; θ)), y).

    Args:
        state: Gives the variables.
        moved: Name in the optimiser's groups → B×... tensors in their place, or None.
    """
    iterate = state.iterate.replaced(moved) if moved else state.iterate
    return _evaluate(state, _estimate(state, iterate, state.stage.dtype))


@torch.no_grad()
def _misfit(state: SearchState, estimate: Estimate) -> Tensor | None:
    """‖A x − y‖²/m per sample, where the stopping rule asks for it."""
    rule, problem = state.stage.early_stop, state.problem
    if rule is None or rule.discrepancy is None:
        return None
    return problem.degradation.misfit(estimate.prediction, problem.y)


def functions_of(state: SearchState) -> SearchFunctions:
    """The search as functions of what an optimiser moves."""
    problem, prior = state.problem, state.problem.prior

    def residual(moved: dict[str, Tensor], dtype: torch.dtype | None = None) -> Tensor:
        estimate = _estimate(state, state.iterate.replaced(moved), dtype)
        return problem.objective.residual(estimate, state.targets, state.factors)

    return SearchFunctions(
        functools.partial(evaluate, state),
        residual,
        getattr(prior, 'supports_forward_mode', True),
    )


def step(state: SearchState) -> Evaluation:
    """One iteration: evaluate, remember, move. Nothing in it waits for the device.

    Args:
        state: Changed in place.

    Returns:
        The evaluation before the move, without its graph.
    """
    with torch.set_grad_enabled(state.stage.optimizer.needs_graph):
        estimate = _estimate(state, state.iterate, state.stage.dtype)
        found = _evaluate(state, estimate)
    value, image = found.value.detach(), found.image.detach()
    misfit = _misfit(state, estimate)
    state.record.before_update(state.iteration, value, image, state.iterate, found.seen, misfit)
    state.optimizer.update(found, functions_of(state))
    project(state.iterate, state.stage, state.ball)
    state.record.after_update(state.iterate)
    state.iteration += 1
    return Evaluation(value, image, found.seen)


@torch.no_grad()
def finish(state: SearchState) -> None:
    """Take in the iterate after the last move, where the stage keeps it."""
    stage, record = state.stage, state.record
    if stage.keep == 'last_forward':
        return
    final = record.last(state.iterate)
    if stage.keep == 'last':
        record.finish(generate_iterate(state.problem.prior, final), None, final)
        return
    # Like is compared with like: the best before was found in the stage's precision.
    estimate = _estimate(state, final, stage.dtype)
    record.finish(estimate.image, _value(state, estimate), final)
    if stage.dtype:
        estimate = _estimate(state, record.iterate, None)
        record.image, record.objective = estimate.image, _value(state, estimate)


def _value(state: SearchState, estimate: Estimate) -> Tensor:
    return state.problem.objective(estimate, state.targets, state.factors)
