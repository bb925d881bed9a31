"""The search through the generator: the only optimisation loop of the project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mmgenprior.inversion.iterate import Iterate, Tensors
from mmgenprior.inversion.optimizers import StreamsOf
from mmgenprior.inversion.record import Record
from mmgenprior.inversion.results import StageResult
from mmgenprior.inversion.stages import Stage
from mmgenprior.inversion.step import Problem, SearchState, finish, step
from mmgenprior.inversion.variables import begin_variables

StepCallback = Callable[[int, Tensor, Tensor], None]


def run_stage(
    problem: Problem,
    stage: Stage,
    start: Iterate | Tensors,
    keep_weights: bool = False,
    on_step: StepCallback | None = None,
    optimizer_state: dict[str, Any] | None = None,
    streams: StreamsOf = (),
) -> StageResult:
    """Run one stage on a batch: argmin over z (and θ) of Σ_k w_k L_k(A(G(z; θ)), y).

    Samples never meet: the objective is reduced per sample and then summed, so
    every gradient is a sample's own. Nothing in an iteration waits for the device.

    Args:
        problem: Prior, operator, measurements and objective.
        stage: What is optimised, how long, and what is kept.
        start: Latents, name → B×..., or what an earlier stage ended with.
        keep_weights: Return features and weights of each sample's own too.
        on_step: Called after every update with the iteration (from 1), the
            objectives (B,) and the images B×3×H×W, on the device.
        optimizer_state: What the stage before ended with; used, and returned again, by a
            stage of one sample that carries its optimiser.
        streams: One CPU generator per sample, for an optimiser that draws random numbers.

    Returns:
        What the stage's ``keep`` rule selects, and the objective trace.

    Raises:
        ValueError: If the stage optimises nothing or more blocks than there are, names an
            unknown term, or carries its optimiser with more than one sample or from another.
    """
    state = begin(problem, stage, start, keep_weights, optimizer_state, streams)
    rule = stage.early_stop
    with torch.enable_grad():
        for iteration in range(stage.iterations):
            found = step(state)
            if on_step is not None:
                on_step(state.iteration, found.value, found.image)
            # Steps beyond the stop would go into the moments that are carried.
            due = rule and (stage.carry_optimizer or iteration % rule.check_every == 0)
            if due and state.record.all_stopped():
                break
    finish(state)
    result = state.record.result(state.iterate)
    if stage.carry_optimizer:
        kind = type(stage.optimizer).__name__
        result.optimizer = [dict(state.optimizer.state(), type=kind)]
    return result


def begin(
    problem: Problem,
    stage: Stage,
    start: Iterate | Tensors,
    keep_weights: bool = False,
    optimizer_state: dict[str, Any] | None = None,
    streams: StreamsOf = (),
) -> SearchState:
    """The state before the first iteration; arguments and errors as of :func:`run_stage`."""
    objective = problem.objective
    start = start if isinstance(start, Iterate) else Iterate(start)
    iterate, groups, ball = begin_variables(problem.prior, stage, start, len(problem.y))
    if stage.carry_optimizer and len(problem.y) > 1:
        raise ValueError(f'stage {stage.name}: carry_optimizer takes one sample at a time')
    carried = optimizer_state if stage.carry_optimizer else None
    kind = type(stage.optimizer).__name__
    if carried and carried['type'] != kind:
        raise ValueError(
            f'stage {stage.name}: carry_optimizer goes on from the same optimizer, but the stage '
            f'before had {carried["type"]} and this one has {kind}'
        )
    factors = objective.weights(stage.term_weights)
    rule = stage.early_stop
    watched = objective.index(rule.term) if rule and rule.term else None
    needed = {i for i, factor in enumerate(factors) if factor or i == watched}
    watch = None
    if rule:
        sigma = problem.sigma_above(rule.floor) if rule.discrepancy is not None else None
        watch = rule.watch(problem.y, sigma)
    return SearchState(
        problem,
        stage,
        iterate,
        ball,
        targets=objective.prepare(problem.y, problem.degradation, needed),
        factors=factors,
        watched=watched,
        optimizer=stage.optimizer.begin(groups, stage.warm_up, carried, streams),
        record=Record(stage, problem.y, keep_weights, watch),
    )
