"""The search through the generator: the only optimisation loop of the project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from mmgenprior.degradations import Degradation
from mmgenprior.inversion.objective import Estimate, Objective
from mmgenprior.inversion.optimizer import StageOptimizer
from mmgenprior.inversion.record import Record
from mmgenprior.inversion.results import StageResult
from mmgenprior.inversion.stages import Stage, adapted_parameters

# How often a stage asks whether every image of the batch has stopped; the
# answer costs a host sync, so it is not asked in every iteration.
_STOP_CHECK_INTERVAL = 50

Latents = dict[str, Tensor]
Weights = dict[str, Tensor]
StepCallback = Callable[[int, Tensor], None]


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


def run_stage(
    problem: Problem,
    stage: Stage,
    latents: Latents,
    weights: Weights | None = None,
    keep_weights: bool = False,
    on_step: StepCallback | None = None,
    optimizer_state: dict[str, Any] | None = None,
) -> StageResult:
    """Run one stage on a batch: argmin over z (and θ) of Σ_k w_k L_k(A(G(z; θ)), y).

    Samples never meet: the objective is reduced per sample and then summed, so
    every gradient is a sample's own. Nothing in an iteration waits for the device.

    Args:
        problem: Prior, operator, measurements and objective.
        stage: What is optimised, how long, and what is kept.
        latents: Starting latents, name → B×....
        weights: Per-sample weights an earlier stage ended with, name → B×....
        keep_weights: Return the adapted weights too.
        on_step: Called after every update with the iteration (from 1) and the
            objectives (B,) on the device.
        optimizer_state: What the stage before ended with; used, and returned again, by a
            stage of one sample that carries its optimiser.

    Returns:
        What the stage's ``keep`` rule selects, and the objective trace.

    Raises:
        ValueError: If the stage optimises nothing or more blocks than there are, names an
            unknown term, or carries its optimiser with more than one sample.
    """
    prior, degradation, objective = problem.prior, problem.degradation, problem.objective
    latents = {name: value.detach().clone() for name, value in latents.items()}
    _project(latents, stage)
    weights = _normalisation(prior, stage, latents, weights or {})
    groups = _latent_groups(latents, stage)
    weights, weight_groups = _adapted_weights(prior, stage, weights, problem.y.shape[0])
    if not groups + weight_groups:
        raise ValueError(f'stage {stage.name}: every step size is 0, nothing to optimise')
    if stage.carry_optimizer and len(problem.y) > 1:
        raise ValueError(f'stage {stage.name}: carry_optimizer takes one sample at a time')
    carried = optimizer_state if stage.carry_optimizer else None
    optimizer = StageOptimizer(stage, groups + weight_groups, carried)
    factors = objective.weights(stage.term_weights)
    rule = stage.early_stop
    watched = objective.index(rule.term) if rule and rule.term else None
    needed = {i for i, factor in enumerate(factors) if factor or i == watched}
    # Steps beyond the stop would go into the moments that are carried.
    check_interval = 1 if stage.carry_optimizer else _STOP_CHECK_INTERVAL
    record = Record(stage, problem.y, keep_weights)

    with torch.enable_grad():
        targets = objective.prepare(problem.y, degradation, needed)
        for iteration in range(stage.iterations):
            image = generate(prior, latents, weights)
            estimate = Estimate(image, degradation.predict(image), latents)
            value, seen = objective.evaluate(estimate, targets, factors, watched)
            seen = None if seen is None else seen.detach()
            record.before_update(iteration, value.detach(), image.detach(), latents, weights, seen)
            optimizer.step(value)
            _project(latents, stage)
            record.after_update(latents, weights)
            if on_step is not None:
                on_step(iteration + 1, value.detach())
            if rule and iteration % check_interval == 0 and record.all_stopped():
                break
        with torch.no_grad():
            if stage.keep != 'last_forward':
                final = record.last_latents(latents), record.last_weights(weights)
                image = generate(prior, *final)
                value = None
                if stage.keep == 'best':
                    estimate = Estimate(image, degradation.predict(image), final[0])
                    value = objective(estimate, targets, factors)
                record.finish(image, value, *final)
    result = record.result(latents, weights)
    if stage.carry_optimizer:
        result.optimizer = [optimizer.state()]
    return result


def _normalisation(prior: nn.Module, stage: Stage, latents: Latents, weights: Weights) -> Weights:
    """The weights with or without a sample's own instance norms, as the stage asks.

    They are set at the first stage that has them and stay until a stage that has not.
    """
    # Priors that have no such norms need not know of them.
    names = getattr(prior, 'instance_statistics_names', ())
    if not stage.instance_norm:
        return {k: v for k, v in weights.items() if k not in names}
    if any(name in weights for name in names):
        return weights
    with torch.no_grad():
        return weights | prior.instance_statistics(latents, weights)


def _latent_groups(latents: Latents, stage: Stage) -> list[dict]:
    """Optimiser groups of the latents; a step size of 0 leaves a latent fixed."""
    groups = []
    for name, value in latents.items():
        rate = stage.latent_step(name)
        if rate:
            value.requires_grad_(True)
            groups.append(dict(names=[f'latent {name}'], params=[value], lr=rate))
    return groups


def _adapted_weights(
    prior: nn.Module, stage: Stage, weights: Weights, batch: int
) -> tuple[Weights, list[dict]]:
    """Per-sample leaf copies of the weights a stage adapts, and their groups."""
    groups = adapted_parameters(prior, stage)
    own = {name: value.detach().clone() for name, value in weights.items()}
    pretrained = dict(prior.named_parameters())
    for group in groups:
        for name in group['names']:
            if name not in own:
                value = pretrained[name].detach()
                own[name] = value.unsqueeze(0).expand(batch, *value.shape).clone()
            own[name].requires_grad_(True)
    return own, [dict(g, params=[own[n] for n in g['names']]) for g in groups]


def _project(latents: Latents, stage: Stage) -> None:
    """Clip the latents to the stage's box, in place."""
    if stage.latent_box is None:
        return
    with torch.no_grad():
        for value in latents.values():
            value.clamp_(-stage.latent_box, stage.latent_box)
