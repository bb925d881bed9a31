"""One iteration of a search, as a function of a state."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from mmgenprior.degradations import Degradation
from mmgenprior.inversion.objective import Objective
from mmgenprior.inversion.optimizers import Evaluation, SearchFunctions
from mmgenprior.inversion.record import Record
from mmgenprior.inversion.stages import Stage
from mmgenprior.inversion.terms.base import Estimate
from mmgenprior.inversion.variables import Latents, Weights, latent_name, project


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


@dataclass
class SearchState:
    """Where the search of a batch stands.

    Attributes:
        problem: What is searched.
        stage: How.
        latents: Name → B×... leaf tensors, moved in place.
        weights: Name → B×... weights of each sample's own, moved in place.
        targets: Of :meth:`Objective.prepare`.
        factors: Of :meth:`Objective.weights`.
        watched: Position of the term that the stopping rule watches, or None.
        optimizer: What :meth:`SearchOptimizer.begin` returned.
        record: What is remembered.
        iteration: Iterations done.
    """

    problem: Problem
    stage: Stage
    latents: Latents
    weights: Weights
    targets: list[Any]
    factors: Sequence[float]
    watched: int | None
    optimizer: Any
    record: Record
    iteration: int = 0


def generate(prior: nn.Module, latents: Latents, weights: Weights) -> Tensor:
    """G(z; θ) for a batch in which every sample may have weights of its own.

    Args:
        prior: The prior adapter.
        latents: Name → B×... latents.
        weights: Name in ``prior.named_parameters()`` → B×... weights that replace
            the pre-trained ones; empty for a shared, frozen generator.

    Returns:
        Images, B×3×H×W.
    """
    if not weights:
        return prior(latents)

    def generate_one(own: Weights, latent: Latents) -> Tensor:
        batch_of_one = {name: value.unsqueeze(0) for name, value in latent.items()}
        return functional_call(prior, own, (batch_of_one,)).squeeze(0)

    count = len(next(iter(weights.values())))
    if count > 1 and prior.supports_vmap:
        return vmap(generate_one)(weights, latents)
    if count == 1:  # a view, where indexing would fill a gradient of the full size
        own = {name: value.squeeze(0) for name, value in weights.items()}
        return functional_call(prior, own, (latents,))
    samples = (
        ({k: v[i] for k, v in weights.items()}, {k: v[i] for k, v in latents.items()})
        for i in range(count)
    )
    return torch.stack([generate_one(own, latent) for own, latent in samples])


def _estimate(
    state: SearchState,
    moved: dict[str, Tensor] | None = None,
    dtype: torch.dtype | None = None,
) -> Estimate:
    """The iterate, with the tensors that an optimiser tries in place of the state's own."""
    latents, weights = state.latents, state.weights
    if moved:
        latents = {k: moved.get(latent_name(k), v) for k, v in latents.items()}
        weights = {k: moved.get(k, v) for k, v in weights.items()}
    device = state.problem.y.device.type
    # The operator keeps its precision: it is cheap, and caches what it computes in.
    with torch.autocast(device, dtype) if dtype else contextlib.nullcontext():
        image = generate(state.problem.prior, latents, weights)
    image = image.to(state.problem.y.dtype) if dtype else image
    return Estimate(image, state.problem.degradation.predict(image), latents)


def evaluate(state: SearchState, moved: dict[str, Tensor] | None = None) -> Evaluation:
    """One forward pass: Σ_k w_k L_k(A(G(z; θ)), y).

    Args:
        state: Gives the latents and weights.
        moved: Name in the optimiser's groups → B×... tensors in their place, or None.
    """
    problem = state.problem
    estimate = _estimate(state, moved)
    value, seen = problem.objective.evaluate(estimate, state.targets, state.factors, state.watched)
    return Evaluation(value, estimate.image, None if seen is None else seen.detach())


def functions_of(state: SearchState) -> SearchFunctions:
    """The search as functions of what an optimiser moves."""
    problem, prior = state.problem, state.problem.prior

    def residual(moved: dict[str, Tensor], dtype: torch.dtype | None = None) -> Tensor:
        estimate = _estimate(state, moved, dtype)
        return problem.objective.residual(estimate, state.targets, state.factors)

    return SearchFunctions(
        functools.partial(evaluate, state),
        residual,
        # What vmap refuses (writing in place), forward mode refuses too.
        getattr(prior, 'supports_vmap', True),
        type(prior).__name__,
    )


def step(state: SearchState) -> Evaluation:
    """One iteration: evaluate, remember, move. Nothing in it waits for the device.

    Args:
        state: Changed in place.

    Returns:
        The evaluation before the move, without its graph.
    """
    with torch.set_grad_enabled(state.stage.optimizer.needs_graph):
        found = evaluate(state)
    value, image = found.value.detach(), found.image.detach()
    state.record.before_update(
        state.iteration, value, image, state.latents, state.weights, found.seen
    )
    state.optimizer.update(found, functions_of(state))
    project(state.latents, state.stage)
    state.record.after_update(state.latents, state.weights)
    state.iteration += 1
    return Evaluation(value, image, found.seen)


@torch.no_grad()
def finish(state: SearchState) -> None:
    """Take in the iterate after the last move, where the stage keeps it."""
    stage, record, problem = state.stage, state.record, state.problem
    if stage.keep == 'last_forward':
        return
    final = record.last_latents(state.latents), record.last_weights(state.weights)
    image = generate(problem.prior, *final)
    value = None
    if stage.keep == 'best':
        estimate = Estimate(image, problem.degradation.predict(image), final[0])
        value = problem.objective(estimate, state.targets, state.factors)
    record.finish(image, value, *final)
