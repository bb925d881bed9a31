"""What a search has found after how many seconds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mmgenprior.benchmark.clock import seconds
from mmgenprior.inversion import Inversion, RunningStage
from mmgenprior.structures import MeasurementBatch


@dataclass
class Trajectory:
    """The search of one image, iteration by iteration.

    Attributes:
        seconds: Since the search began, start and preparation included; what notes them is not.
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
        self._begin = seconds(device)

    def add(self, objective: Tensor, image: Tensor) -> None:
        """Note one pass of one sample."""
        now = seconds(self.device)
        self.found.seconds.append(now - self._begin)
        self._values.append(objective.detach().reshape(()).clone())
        self.found.images.append(image.detach()[0].clone())
        self._begin += seconds(self.device) - now

    def settle(self) -> Trajectory:
        """The trajectory, its numbers on the host."""
        self.found.objectives = torch.stack(self._values).tolist()
        self.found.images = [image.cpu() for image in self.found.images]
        return self.found


def of_inversion(inversion: Inversion, batch: MeasurementBatch, seed: int = 0) -> Trajectory:
    """Search one image by the engine.

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

    final = inversion(batch, seed, callback).final
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
