"""Progress of the search: image, stage, iteration, objective, time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from torch import Tensor

from mmgenprior.inversion.stages import Stage

# Reading an objective waits for the device, so it is read at most this often.
_REFRESH_SECONDS = 0.5
# Where there is no terminal to redraw, a line is printed at most this often.
_LINE_SECONDS = 20.0


def clock(seconds: float) -> str:
    """``h:mm:ss`` of a duration."""
    seconds = int(seconds + 0.5)
    return f'{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}'


def work_per_image(stages: Sequence[Stage], restarts: int) -> int:
    """Sample-iterations one image costs: the first stage runs every restart."""
    return sum(stage.iterations * (restarts if i == 0 else 1) for i, stage in enumerate(stages))


class InversionProgress:
    """Progress bar over a whole run; a plain line now and then where output is a file.

    Work is counted in sample-iterations, so that the time left covers every
    image, restart and stage still to come.

    Args:
        enabled: False prints nothing (other processes, library use).
        file: Where to write; standard error by default.
        refresh: Seconds between two updates; 0.5 on a terminal and 20 elsewhere by default.
    """

    def __init__(
        self, enabled: bool = True, file: TextIO | None = None, refresh: float | None = None
    ) -> None:
        self.enabled = enabled
        self._console = Console(file=file or sys.stderr)
        terminal = self._console.is_terminal
        self._interval = refresh or (_REFRESH_SECONDS if terminal else _LINE_SECONDS)
        self._bar: Progress | None = None
        self.begin(None)

    def begin(self, total_images: int | None) -> None:
        """Start a run of so many images; None where the number is not known."""
        self.close()
        self.total_images = total_images
        self.images_done = 0
        self._work_done = 0
        self._searched = 0.0
        self._shown = time.monotonic()

    def start_batch(self, images: int, work: int) -> None:
        """Announce a batch: its number of images and the sample-iterations of each."""
        self._batch, self._work = images, work
        self._batch_started = time.monotonic()
        self._expected = max(self.total_images or 0, self.images_done + images)
        if self.enabled and self._console.is_terminal and self._bar is None:
            columns = (
                TextColumn('{task.description}'),
                BarColumn(),
                TextColumn('{task.fields[left]}'),
            )
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task('starting', total=1.0, left='')
            self._bar.start()

    def step(
        self, stage: Stage, iteration: int, objective: Tensor, first: int = 0, last: int = 0
    ) -> None:
        """Count one iteration of some samples; show it when it is time to.

        Args:
            stage: The stage.
            iteration: Iterations done, from 1.
            objective: The samples' objectives; read from the device only when shown.
            first: The first of their images within the batch, from 0.
            last: The last of their images within the batch.
        """
        self._work_done += len(objective)
        now = time.monotonic()
        if not self.enabled or now - self._shown < self._interval:
            return
        self._shown = now
        share = min(self._work_done / (self._expected * self._work), 1.0)
        searched = self._searched + now - self._batch_started
        left = f'{clock(searched * (1 - share) / share)} left'
        first, last = self.images_done + 1 + first, self.images_done + 1 + last
        which = f'image {first}' if first == last else f'images {first}–{last}'
        text = (
            f'{which} of {self._expected} · {stage.name} · '
            f'iteration {iteration}/{stage.iterations} · '
            f'objective {objective.nanmean().item():.2e}'
        )
        if self._bar:
            self._bar.update(self._task, completed=share, description=text, left=left)
        else:
            print(f'{text} · {left}', file=self._console.file, flush=True)

    def note(self, text: str) -> None:
        """Say what is done beside the search, at most as often as a step is shown."""
        now = time.monotonic()
        if not self.enabled or now - self._shown < self._interval:
            return
        self._shown = now
        if self._bar:
            self._bar.update(self._task, description=text, left='')
        else:
            print(text, file=self._console.file, flush=True)

    def finish_batch(self) -> None:
        """Count the images of the batch as done, whatever early stopping saved."""
        self.images_done += self._batch
        self._searched += time.monotonic() - self._batch_started
        self._work_done = self.images_done * self._work

    def close(self) -> None:
        """Take the bar off the screen."""
        if self._bar:
            self._bar.stop()
            self._bar = None
