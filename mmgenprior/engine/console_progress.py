"""Progress of a run on the console: image, stage, iteration, objective, time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from torch import Tensor

from mmgenprior.inversion.callbacks import RunningStage

# Reading an objective waits for the device, so it is read at most this often.
_REFRESH_SECONDS = 0.5
# Where there is no terminal to redraw, a line is printed at most this often.
_LINE_SECONDS = 20.0


def clock(seconds: float) -> str:
    """``h:mm:ss`` of a duration."""
    seconds = int(seconds + 0.5)
    return f'{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}'


def _line(text: str, left: str) -> str:
    return f'{text} · {left}' if left else text


class ConsoleProgress:
    """A callback of editors that draws a bar; a plain line now and then where output is a file.

    Work is counted in sample-iterations, so that the time left covers every
    image, restart and stage still to come.

    Args:
        total_images: Images of the run, None where their number is not known.
        work_per_image: Sample-iterations of each; 0 for methods without a search.
        file: Where to write; standard error by default.
        refresh: Seconds between two updates; 0.5 on a terminal and 20 elsewhere by default.
        note: Is given a line now and then, for the log file of the run.
    """

    def __init__(
        self,
        total_images: int | None = None,
        work_per_image: int = 0,
        file: TextIO | None = None,
        refresh: float | None = None,
        note: Callable[[str], None] | None = None,
    ) -> None:
        self._console = Console(file=file or sys.stderr)
        terminal = self._console.is_terminal
        self._interval = refresh or (_REFRESH_SECONDS if terminal else _LINE_SECONDS)
        self._bar: Progress | None = None
        self.total_images = total_images
        self.work_per_image = work_per_image
        self.images_done = 0
        self._work_done = 0
        self._note = note
        self._note_interval = refresh or _LINE_SECONDS
        self._started = self._shown = self._noted = time.monotonic()

    def __call__(
        self,
        stage: RunningStage,
        iteration: int,
        objective: Tensor | None,
        image: Tensor | None,
    ) -> None:
        """Count one iteration; show it when it is time to. Reads the device only then."""
        if stage.is_search:
            self._work_done += len(objective)
        now = time.monotonic()
        if now - self._shown < self._interval:
            return
        self._shown = now
        known = max(self.total_images or 0, self.images_done + stage.last + 1)
        first, last = self.images_done + 1 + stage.first, self.images_done + 1 + stage.last
        which = f'image {first}' if first == last else f'images {first}–{last}'
        text = f'{which} of {known} · {stage.name} · iteration {iteration}/{stage.iterations}'
        if objective is not None:
            text += f' · objective {objective.nanmean().item():.2e}'
        share = self._share(known)
        left = f'{clock((now - self._started) * (1 - share) / share)} left' if share else ''
        self._show(text, left, share)
        if self._note is not None and now - self._noted >= self._note_interval:
            self._noted = now
            self._note(_line(text, left))

    def _share(self, images: int) -> float:
        """How much of the run's work is done, 0 where that is not known."""
        if not self.work_per_image:
            return self.images_done / images
        return min(self._work_done / (images * self.work_per_image), 1.0)

    def _show(self, text: str, left: str, share: float) -> None:
        if not self._console.is_terminal:
            print(_line(text, left), file=self._console.file, flush=True)
            return
        if self._bar is None:
            columns = (
                TextColumn('{task.description}'),
                BarColumn(),
                TextColumn('{task.fields[left]}'),
            )
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task('', total=1.0, left='')
            self._bar.start()
        self._bar.update(self._task, completed=share, description=text, left=left)

    def finish_images(self, count: int) -> None:
        """Count images as done, whatever early stopping saved."""
        self.images_done += count
        self._work_done = self.images_done * self.work_per_image

    def close(self) -> None:
        """Take the bar off the screen."""
        if self._bar:
            self._bar.stop()
            self._bar = None
