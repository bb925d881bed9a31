"""A search in a thread of its own, watched through a queue, stopped by an event."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmgenprior.api.events import Cancelled

if TYPE_CHECKING:
    from torch import Tensor

    from mmgenprior.api.restoration import Restoration
    from mmgenprior.inversion.callbacks import RunningStage

# A picture a browser is sent; more of them are not seen, and cost the search time.
_INTERVAL = 0.4


class TookTooLong(Cancelled):
    """The search has had the time that the page allows."""


@dataclass(frozen=True)
class Run:
    """Objective of a stage, iteration by iteration.

    Attributes:
        name: Of the stage.
        values: (T,).
    """

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Snapshot:
    """Where a search is.

    Attributes:
        face: Number of the square of the photo, from 1.
        stage: Name of what is under way.
        iteration: Iterations of it that are done.
        iterations: How many it has.
        runs: Objectives of this square so far.
        picture: h×w×3 uint8, None where there is none.
    """

    face: int
    stage: str
    iteration: int
    iterations: int
    runs: tuple[Run, ...]
    picture: np.ndarray | None


class Watch:
    """A callback of :func:`mmgenprior.restore` that takes a snapshot now and then.

    Args:
        stop: Once set, the search is stopped at its next iteration.
        seconds: After so many it is stopped too.
        interval: Seconds between snapshots.
    """

    def __init__(
        self, stop: threading.Event, seconds: float = float('inf'), interval: float = _INTERVAL
    ) -> None:
        self.stop = stop
        self.seconds = seconds
        self.interval = interval
        self.told: queue.SimpleQueue[Snapshot | None] = queue.SimpleQueue()
        self._began = self._shown = time.monotonic()
        self._face = 1
        self._iteration = 0
        self._runs: list[tuple[str, list[Tensor]]] = []

    def check(self) -> None:
        """Between two pieces of work.

        Raises:
            Cancelled: If it is to stop.
        """
        if self.stop.is_set():
            raise Cancelled
        if time.monotonic() - self._began > self.seconds:
            raise TookTooLong

    def __call__(
        self,
        stage: RunningStage,
        iteration: int,
        objective: Tensor | None,
        image: Tensor | None,
    ) -> None:
        """Note an iteration; reads the device only for a snapshot."""
        self.check()
        self._open(stage.name, iteration)
        if objective is not None:
            self._runs[-1][1].append(objective.detach().float().nanmean())
        now = time.monotonic()
        if now - self._shown < self.interval and iteration < stage.iterations:
            return
        self._shown = now
        picture = None
        if image is not None:
            levels = image[0].detach().float().clamp(0, 1).mul(255).round().byte()
            picture = levels.permute(1, 2, 0).cpu().numpy()
        self.told.put(
            Snapshot(self._face, stage.name, iteration, stage.iterations, self._curves(), picture)
        )

    def _open(self, name: str, iteration: int) -> None:
        """Begin a curve where a stage begins, or begins again: of another draw.

        One that comes again after others is of the next square.
        """
        begins_again = iteration <= self._iteration
        self._iteration = iteration
        if self._runs and self._runs[-1][0] == name:
            if begins_again:
                self._runs.append((name, []))
            return
        if any(earlier == name for earlier, _ in self._runs):
            self._face += 1
            self._runs.clear()
        self._runs.append((name, []))

    def _curves(self) -> tuple[Run, ...]:
        for _, values in self._runs:
            values[:] = [float(value) for value in values]
        return tuple(Run(name, tuple(values)) for name, values in self._runs if values)


def watched(work: Callable[[Watch], Restoration], watch: Watch) -> Iterator[Snapshot | Restoration]:
    """Do work in a thread and yield what is seen of it, at last its result.

    Args:
        work: It calls the watch.
        watch: What is seen.

    Yields:
        Snapshots, the newest where several wait; then the result.

    Raises:
        Exception: What the work raised, :class:`~mmgenprior.Cancelled` where it was stopped.
    """
    outcome: list[Restoration | BaseException] = []

    def run() -> None:
        try:
            outcome.append(work(watch))
        except BaseException as error:  # noqa: BLE001  (raised again where it is waited for)
            outcome.append(error)
        finally:
            watch.told.put(None)

    threading.Thread(target=run, name='search', daemon=True).start()
    try:
        while (seen := _newest(watch.told)) is not None:
            yield seen
    finally:
        # Who stops listening stops the search.
        watch.stop.set()
    (result,) = outcome
    if isinstance(result, BaseException):
        raise result
    yield result


def _newest(told: queue.SimpleQueue[Snapshot | None]) -> Snapshot | None:
    """The next of a queue, or the last of those that wait already."""
    seen = told.get()
    while seen is not None and not told.empty():
        newer = told.get()
        if newer is None:
            told.put(None)  # the end is for the next call
            break
        seen = newer
    return seen
