"""From measurements to images: start, restarts, stages, parts of a batch."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.inversion.callbacks import RunningStage, SearchCallback, ignore
from mmgenprior.inversion.divergence import mend, rows_of, worst
from mmgenprior.inversion.iterate import Iterate
from mmgenprior.inversion.lanes import Lanes, in_lanes, restarts_together
from mmgenprior.inversion.objective import Objective
from mmgenprior.inversion.optimizers import SGD, Adam, NormalizedGradient
from mmgenprior.inversion.results import StageResult, best_restart, join, restart_spread
from mmgenprior.inversion.solver import run_stage
from mmgenprior.inversion.stages import Stage
from mmgenprior.inversion.starts import RandomStart, Start
from mmgenprior.inversion.step import Problem
from mmgenprior.inversion.terms.base import ObjectiveTerm
from mmgenprior.priors.zoo import build_prior
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils import derive_seed, sample_generator

# What a search of one image that does not fit can do without.
_REMEDY = (
    'adapt fewer blocks (blocks=1) or low_rank in place of weight_lr, lower the chunk of a '
    'LevenbergMarquardt, set autocast, or take a device with more memory'
)


@dataclass
class InversionResult:
    """Outcome of a search over all stages for B images.

    Attributes:
        stages: Stage name → its result.
        restart_objectives: Objective of every restart of the first stage, B×N.
        restart_spread: How much their images disagree, B×1×H×W, see
            :func:`mmgenprior.inversion.results.restart_spread`; None without restarts.
        marks: Of each image: ``''``, ``'another start'`` where its search diverged from all of its
            own starts, or ``'diverged'`` where it did from another one too, and where a later
            stage did: the best finite iterate is kept then.
    """

    stages: dict[str, StageResult]
    restart_objectives: Tensor
    restart_spread: Tensor | None = None
    marks: list[str] = field(default_factory=list)

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
            the memory. By default those of one image on the CPU, whose kernels round a
            sample differently in another batch, and what fits the free memory on a CUDA
            device (:mod:`mmgenprior.inversion.lanes`). More on the CPU is faster
            for small generators and gives up that a result is bitwise the same
            whatever the batch (see docs/reproducibility.md). What does not fit is run
            again in half as many.
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
        self.lanes = Lanes(lanes, weight_lanes)

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
        marks = []
        for index, stage in enumerate(self.stages):
            repeat = restarts if index == 0 else 1
            # Every later stage goes on from the weights and features.
            wanted = keep_weights or stage is not self.stages[-1]
            result = self._run(stage, batch, iterate, optimizer, repeat, wanted, seed, callback)
            diverged = rows_of(result.diverged.view(-1, repeat).all(1))
            if index == 0:
                objectives = result.objective.view(-1, restarts)
                spread = restart_spread(result.image, restarts) if restarts > 1 else None
                result = result.take(best_restart(result.objective, restarts))
            if diverged:
                again = functools.partial(
                    self._again, stage, batch, iterate, optimizer, repeat, wanted, seed, callback
                )
                result, found = mend(
                    result,
                    diverged,
                    batch.keys,
                    functools.partial(again, True) if index == 0 and self.start.draws else None,
                    functools.partial(again, False) if stage.keep != 'best' else None,
                )
                marks.append(found)
            results[stage.name] = result
            iterate, optimizer = result.iterate, result.optimizer
        return InversionResult(results, objectives, spread, worst([[''] * len(batch), *marks]))

    def _again(
        self,
        stage: Stage,
        batch: MeasurementBatch,
        iterate: Iterate,
        optimizer: list[dict],
        repeat: int,
        wanted: bool,
        seed: int,
        callback: SearchCallback,
        elsewhere: bool,
        rows: list[int],
    ) -> StageResult:
        """Some images' stage once more: from another start, or as it was with its best kept."""
        few = batch.take(rows)
        lanes = [row * repeat + i for row in rows for i in range(repeat)]
        if elsewhere:
            seed = derive_seed(seed, 'another start')
            drawn = self.start.start(self.prior, few, seed, callback)
            iterate = Iterate({name: value.to(batch.y) for name, value in drawn.items()})
        else:
            stage = dataclasses.replace(stage, keep='best')
            iterate = iterate.take(torch.tensor(lanes, device=batch.y.device))
            optimizer = [optimizer[lane] for lane in lanes] if optimizer else []
        result = self._run(stage, few, iterate, optimizer, repeat, wanted, seed, callback)
        ended = result.diverged.view(-1, repeat).all(1)
        result = result.take(best_restart(result.objective, repeat))
        return dataclasses.replace(result, diverged=ended)

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
        device = batch.y.device
        own_weights = stage.has_own_weights or bool(iterate.weights or iterate.low_rank)
        # Weights of each sample's own, and products with a Jacobian, go through vmap.
        plain = isinstance(stage.optimizer, (Adam, SGD, NormalizedGradient)) and (
            not own_weights or self.prior.loops
        )
        # Of a part that is run again for want of memory, what was told is not told again.
        told = [0] * len(owner)

        def run(part: slice, lanes: int, stage: Stage = stage, listen: bool = True) -> StageResult:
            self.prior.lay_out_for(device, lanes, plain)
            lane = batch.take(owner[part])
            images = owner[part]
            running = RunningStage(
                stage.name, stage.iterations, images[0], images[-1], is_search=True
            )

            def tell(iteration: int, value: Tensor, image: Tensor) -> None:
                if listen and iteration > told[part.start]:
                    told[part] = [iteration] * len(images)
                    callback(running, iteration, value, image)

            carried = optimizer[part.start] if stage.carry_optimizer and optimizer else None
            return run_stage(
                Problem(self.prior, lane.bound(), lane.y, self.objective),
                stage,
                iterate.take(part),
                keep_weights=keep_weights,
                optimizer_state=carried,
                on_step=tell,
                streams=_streams(stage, batch, seed, range(len(owner))[part], repeat),
            )

        def trial(samples: int) -> StageResult:
            # The second step meets what the first one leaves, as moments.
            short = dataclasses.replace(stage, iterations=2)
            return run(slice(0, samples), samples, short, listen=False)

        key = (stage.name, tuple(batch.y.shape[1:]))
        lanes = 1
        if not stage.carry_optimizer:
            pixels = math.prod(batch.image_shape[1:])
            together = 1 if own_weights else restarts_together(repeat, pixels)
            lanes = self.lanes.of(key, own_weights, device, len(owner), trial, together)
        parts, left = in_lanes(len(owner), lanes, run, f'stage {stage.name}', _REMEDY)
        if left < lanes:
            self.lanes.fell_to(key, left)
        return join(parts)


def _streams(
    stage: Stage, batch: MeasurementBatch, seed: int, lanes: Sequence[int], repeat: int
) -> list[torch.Generator]:
    """A random stream for every lane, from its beginning; none where the stage draws nothing."""
    if not stage.optimizer.needs_streams:
        return []
    return [
        sample_generator(seed, batch.keys[lane // repeat], 'search', stage.name, lane % repeat)
        for lane in lanes
    ]
