"""What a search has found after how many seconds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from mmgenprior.benchmark.clock import seconds
from mmgenprior.benchmark.passes import module_of_block
from mmgenprior.inversion import Inversion, RunningStage
from mmgenprior.structures import MeasurementBatch


@dataclass
class Trajectory:
    """The search of one image, iteration by iteration.

    Attributes:
        seconds: From the beginning of the search, start and preparation included, to when the image
            was there; what notes it is not counted.
        objectives: Of every forward pass.
        images: 3×H×W of every forward pass, on the CPU once :meth:`settle` was called.
    """

    seconds: list[float] = field(default_factory=list)
    objectives: list[float] = field(default_factory=list)
    images: list[Tensor] = field(default_factory=list)

    def kept(self) -> list[int]:
        """For every iteration the number of the one that is kept, of lowest objective so far."""
        best, found = 0, []
        for i, value in enumerate(self.objectives):
            if value < self.objectives[best] or math.isnan(self.objectives[best]):
                best = i
            found.append(best)
        return found

    def until(self, reached: Callable[[int], bool]) -> float | None:
        """Seconds to the first iteration whose kept image is good enough, or None.

        Args:
            reached: Asked with the number of a kept image.
        """
        known: dict[int, bool] = {}
        for now, best in zip(self.seconds, self.kept()):
            if best not in known:
                known[best] = reached(best)
            if known[best]:
                return now
        return None

    def at(self, when: float) -> int | None:
        """Number of the image that is kept after so many seconds; None before the first."""
        done = sum(now <= when for now in self.seconds)
        return self.kept()[done - 1] if done else None


class _Note:
    """Notes a search; the time that this takes is not the search's."""

    def __init__(self, device: torch.device | str) -> None:
        self.device = device
        self.found = Trajectory()
        self._values: list[Tensor] = []
        self._passed: float | None = None
        self._begin = seconds(device)

    def passed(self, *_: Any) -> None:
        """Note that a pass is done, as a forward hook: the first in a step makes its image."""
        if self._passed is None:
            self._passed = seconds(self.device) - self._begin

    def add(self, objective: Tensor, image: Tensor) -> None:
        """Note the image of a step and its objective, of one sample."""
        now = seconds(self.device)
        when = now - self._begin if self._passed is None else self._passed
        self.found.seconds.append(when)
        self._values.append(objective.detach().reshape(()).clone())
        self.found.images.append(image.detach()[0].clone())
        self._passed = None
        self._begin += seconds(self.device) - now

    def settle(self) -> Trajectory:
        """The trajectory, its numbers on the host."""
        self.found.objectives = torch.stack(self._values).tolist()
        self.found.images = [image.cpu() for image in self.found.images]
        return self.found


def of_inversion(inversion: Inversion, batch: MeasurementBatch, seed: int = 0) -> Trajectory:
    """Search one image by the engine.

    It tells of an image after the update that follows, which for a Jacobian may be long; so the
    passes of the generator are watched. (A plain loop's step is short: its end is taken.)

    Args:
        inversion: The search; its restarts run one after the other.
        batch: One image.
        seed: Seed of the run.
    """
    note = _Note(batch.y.device)

    def callback(
        stage: RunningStage, iteration: int, objective: Tensor | None, image: Tensor | None
    ) -> None:
        if stage.is_search:
            note.add(objective, image)

    hook = module_of_block(inversion.prior, -1).register_forward_hook(note.passed)
    try:
        final = inversion(batch, seed, callback).final
    finally:
        hook.remove()
    note.add(final.objective, final.image)
    return note.settle()


def of_plain(steps: Iterator[tuple[Tensor, Tensor]], device: torch.device | str) -> Trajectory:
    """Search one image by plain loops.

    Args:
        steps: Makes one step whenever it is asked for the next loss and image.
        device: Where they work.
    """
    note = _Note(device)
    for loss, image in steps:
        # The originals read the loss at every step, to print or to stop.
        loss.item()
        note.add(loss, image)
    return note.settle()
