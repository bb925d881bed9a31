"""A step of ours beside a step of the plain loops, in turns: A B A B …."""

from __future__ import annotations

import statistics
from typing import Any

import torch
from torch import Tensor

from mmgenprior.benchmark.clock import seconds
from mmgenprior.benchmark.floor import floor_of
from mmgenprior.benchmark.memory import peak_in_a_process
from mmgenprior.benchmark.passes import Passes
from mmgenprior.benchmark.step_settings import STEP_SETTINGS, StepSetting, Task
from mmgenprior.inversion import RunningStage

# Steps over which both sides must agree: float32 rounding grows with every step.
COMPARED = 10
# The first steps choose kernels and fill caches.
_WARM_UP = 2


class _Turns:
    """The callback of the engine that takes the plain loops' turn after every step of ours."""

    def __init__(self, setting: StepSetting, device: str) -> None:
        self.setting = setting
        self.device = device
        self.ours: list[float] = []
        self.plain: list[float] = []
        self.difference = 0.0
        self.value_difference = 0.0
        self.passes = {
            name: (Passes([module]), Passes(modules))
            for name, (module, modules) in setting.watched.items()
        }
        self._calls: list[dict[str, tuple[int, int]]] = []
        self._resumed = seconds(device)

    def calls(self) -> dict[str, tuple[int, int]]:
        """Calls so far, ours and theirs."""
        return {name: (a.calls, b.calls) for name, (a, b) in self.passes.items()}

    def __call__(
        self, stage: RunningStage, iteration: int, objective: Tensor | None, image: Tensor | None
    ) -> None:
        begin = seconds(self.device)
        self.ours.append(begin - self._resumed)
        found = [loop.step() for loop in self.setting.plain[stage.first : stage.last + 1]]
        self.plain.append(seconds(self.device) - begin)
        # The image of step n + 1 is what n updates lead to.
        if len(self.ours) <= COMPARED + 1:
            self._compare(objective, image, found)
        self._calls.append(self.calls())
        self._resumed = seconds(self.device)

    def _compare(self, objective: Tensor, image: Tensor, found: list) -> None:
        values, images = (torch.cat(parts) for parts in zip(*found))
        self.difference = max(self.difference, float((image - images).abs().max()))
        relative = ((objective - values) / values).abs().max()
        self.value_difference = max(self.value_difference, float(relative))

    def passes_per_step(self) -> dict[str, dict[str, float]]:
        """Calls of every watched module in one step, without what is done once."""
        first, last = self._calls[0], self._calls[-1]
        steps = len(self._calls) - 1
        return {
            name: {
                side: (last[name][i] - first[name][i]) / steps
                for i, side in enumerate(('ours', 'plain'))
            }
            for name in last
        }


def measure_steps(
    name: str,
    device: str = 'cpu',
    batch: int = 1,
    steps: int = 10,
    seed: int = 0,
    memory: bool = True,
    floor: bool = True,
) -> dict[str, Any]:
    """Measure one case.

    Args:
        name: A case of :data:`STEP_SETTINGS`.
        device: Where.
        batch: Images that the engine restores at once; the plain loops take them one by one.
        steps: Pairs of steps that count; two more come before.
        seed: Of everything that is drawn.
        memory: Measure the peak of each side, in processes of their own.
        floor: Measure the floor.

    Returns:
        ``seconds`` a step and image (``ours``, ``plain``, ``floor``), ``ratio`` plain ÷ ours (the
        median of the pairs) with its ``quartiles``, ``above_floor`` ours ÷ floor, ``flops`` a step
        and image, ``passes`` of every network, ``peak`` memory in bytes beside the networks, and
        ``difference``, the largest of an image over the first ten steps.
    """
    task = Task(device, batch, steps + _WARM_UP, seed)
    setting = STEP_SETTINGS[name](task)
    turns = _Turns(setting, device)
    setting.run(turns, seed)
    passes = turns.passes_per_step()
    for pair in turns.passes.values():
        for counter in pair:
            counter.close()
    ours, plain = turns.ours[_WARM_UP:], turns.plain[_WARM_UP:]
    # A part of candidates is a step of as many images.
    images = batch * setting.at_once if not setting.is_start else setting.at_once
    ratios = [b / a for a, b in zip(ours, plain)]
    result: dict[str, Any] = dict(
        case=name,
        device=device,
        batch=batch,
        steps=len(ours),
        seconds=dict(
            ours=statistics.median(ours) / images, plain=statistics.median(plain) / images
        ),
        ratio=statistics.median(ratios),
        quartiles=statistics.quantiles(ratios, n=4)[::2] if len(ratios) > 1 else ratios * 2,
        passes={
            n: {side: count / images for side, count in both.items()} for n, both in passes.items()
        },
        difference=turns.difference,
        value_difference=turns.value_difference,
    )
    if floor:
        lowest = floor_of(setting, device)
        result['seconds']['floor'] = lowest.seconds
        result['flops'] = lowest.flops
        result['above_floor'] = result['seconds']['ours'] / lowest.seconds
    if memory:
        result['peak'] = {side: peak_in_a_process(name, task, side) for side in ('ours', 'plain')}
    return result
