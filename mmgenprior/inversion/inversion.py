"""From measurements to images: start, restarts, stages, parts of a batch."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.inversion.callbacks import RunningStage, SearchCallback, ignore
from mmgenprior.inversion.iterate import Iterate
from mmgenprior.inversion.objective import Objective
from mmgenprior.inversion.results import StageResult, best_restart, join, restart_spread
from mmgenprior.inversion.solver import run_stage
from mmgenprior.inversion.stages import Stage
from mmgenprior.inversion.starts import RandomStart, Start
from mmgenprior.inversion.step import Problem
from mmgenprior.inversion.terms.base import ObjectiveTerm
from mmgenprior.priors.zoo import build_prior
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils import sample_generator

# Enough to fill a GPU with images of 64×64; lower it where memory is short.
_LANES_OFF_CPU = 16


@dataclass
class InversionResult:
    """Outcome of a search over all stages for B images.

    Attributes:
        stages: Stage name → its result.
        restart_objectives: Objective of every restart of the first stage, B×N.
        restart_spread: How much their images disagree, B×1×H×W, see
            :func:`mmgenprior.inversion.results.restart_spread`; None without restarts.
    """

    stages: dict[str, StageResult]
    restart_objectives: Tensor
    restart_spread: Tensor | None = None

    @property
    def final(self) -> StageResult:
        """Result of the last stage."""
        return list(self.stages.values())[-1]


class Inversion(nn.Module):
    """Searches a generator for the images that explain a batch of measurements.

    Args:
        prior: Prior adapter: its config, its name in the zoo or an instance.
        stages: Configs or instances of :class:`Stage`, in the order they run.
        objective: Configs or instances of objective terms; the data fidelity
            ‖A G(z) − y‖² (mean) by default.
        start: Config or instance of a :class:`Start`; one random start per image by default.
        lanes: How many samples (images times restarts) are evaluated at once; bounds
            the memory. By default 1 on the CPU, whose kernels round a sample
            differently in another batch, and 16 elsewhere. More on the CPU is faster
            for small generators and gives up that a result is bitwise the same
            whatever the batch (see docs/reproducibility.md).
        weight_lanes: The same for stages that give every image weights of its own;
            ``lanes`` by default.
    """

    def __init__(
        self,
        prior: str | dict | nn.Module,
        stages: Sequence[dict | Stage],
        objective: Sequence[dict | ObjectiveTerm] = (dict(type='DataFidelityTerm'),),
        start: dict | Start | None = None,
        lanes: int | None = None,
        weight_lanes: int | None = None,
    ) -> None:
        super().__init__()
        self.prior = build_prior(prior)
        self.stages = [Stage(**s) if isinstance(s, dict) else s for s in stages]
        if not self.stages:
            raise ValueError('an inversion needs at least one stage')
        self.objective = Objective(objective)
        if start is None:
            start = RandomStart()
        self.start = MODELS.build(start) if isinstance(start, dict) else start
        self.lanes = _positive('lanes', lanes)
        self.weight_lanes = _positive('weight_lanes', weight_lanes)

    def forward(
        self,
        batch: MeasurementBatch,
        seed: int = 0,
        callback: SearchCallback = ignore,
        keep_weights: bool = False,
    ) -> InversionResult:
        """Run all stages.

        Args:
            batch: What was measured, on the prior's device.
            seed: Seed of the run; with a sample's key it seeds that sample's streams.
            callback: Is told every iteration, ``(stage, iteration, objective, image)``.
            keep_weights: Return the features and weights that the last stage ends with too.

        Returns:
            The results of all stages.
        """
        restarts = self.start.restarts
        start = self.start.start(self.prior, batch, seed, callback)
        iterate = Iterate({k: v.to(batch.y) for k, v in start.items()})
        optimizer: list[dict] = []
        results: dict[str, StageResult] = {}
        spread = None
        for index, stage in enumerate(self.stages):
            repeat = restarts if index == 0 else 1
            # Every later stage goes on from the weights and features.
            wanted = keep_weights or stage is not self.stages[-1]
            result = self._run(stage, batch, iterate, optimizer, repeat, wanted, seed, callback)
            if index == 0:
                objectives = result.objective.view(-1, restarts)
                spread = restart_spread(result.image, restarts) if restarts > 1 else None
                result = result.take(best_restart(result.objective, restarts))
            results[stage.name] = result
            iterate, optimizer = result.iterate, result.optimizer
        return InversionResult(results, objectives, spread)

    @property
    def work_per_image(self) -> int:
        """Sample-iterations one image costs: the first stage runs every restart."""
        first, *others = (stage.iterations for stage in self.stages)
        return first * self.start.restarts + sum(others)

    def _run(
        self,
        stage: Stage,
        batch: MeasurementBatch,
        iterate: Iterate,
        optimizer: list[dict],
        repeat: int,
        keep_weights: bool,
        seed: int,
        callback: SearchCallback,
    ) -> StageResult:
        """One stage over the whole batch, in parts of as many lanes as fit."""
        owner = [image for image in range(len(batch)) for _ in range(repeat)]
        own_weights = stage.has_own_weights or bool(iterate.weights or iterate.low_rank)
        lanes = 1 if stage.carry_optimizer else self._lanes(own_weights, batch.y.device)
        self.prior.lay_out_for(batch.y.device, lanes)
        streams = []
        if stage.optimizer.needs_streams:
            streams = [
                sample_generator(seed, batch.keys[image], 'search', stage.name, lane % repeat)
                for lane, image in enumerate(owner)
            ]
        parts = []
        for begin in range(0, len(owner), lanes):
            part = slice(begin, begin + lanes)
            lane = batch.take(owner[part])
            problem = Problem(self.prior, lane.bound(), lane.y, self.objective)
            running = RunningStage(
                stage.name, stage.iterations, owner[part][0], owner[part][-1], is_search=True
            )
            result = run_stage(
                problem,
                stage,
                iterate.take(part),
                keep_weights=keep_weights,
                optimizer_state=optimizer[begin] if stage.carry_optimizer and optimizer else None,
                on_step=functools.partial(callback, running),
                streams=streams[part],
            )
            parts.append(result)
        return join(parts)

    def _lanes(self, own_weights: bool, device: torch.device) -> int:
        chosen = (self.weight_lanes if own_weights else None) or self.lanes
        return chosen or (1 if device.type == 'cpu' else _LANES_OFF_CPU)


def _positive(name: str, value: int | None) -> int | None:
    if value is not None and value < 1:
        raise ValueError(f'{name} must be at least 1, got {value}')
    return value
