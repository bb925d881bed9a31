"""Progress of the search: image, stage, iteration, objective, time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from torch import Tensor

# Reading an objective waits for the device, so it is read at most this often.
_REFRESH_SECONDS = 0.5
# Where there is no terminal to redraw, a line is printed at most this often.
_LINE_SECONDS = 30.0


def clock(seconds: float) -> str:
    """``h:mm:ss`` of a duration."""
    seconds = int(seconds + 0.5)
    return f'{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}'


class InversionProgress:
    """Progress bar over a whole run; a plain line now and then where output is a file.

    Work is counted in sample-iterations, so that the time left covers every
    image, restart and stage still to come.

    Args:
        total_images: Images of the run, or None where unknown.
        enabled: False prints nothing (other ranks, library use).
    """

    def __init__(self, total_images: int | None = None, enabled: bool = True) -> None:
        self.total_images = total_images
        self.enabled = enabled
        self.images_done = 0
        self._work_done = 0.0
        self._started: float | None = None
        self._last_shown = 0.0
        self._console = Console(file=sys.stderr)
        self._bar: Progress | None = None
        self._task = None

    def start_batch(self, images: int, work_per_image: float) -> None:
        """Announce a batch: its number of images and sample-iterations per image."""
        self._batch = images
        self._work_per_image = work_per_image
        if self.total_images is None:
            self._expected = self.images_done + images
        else:
            self._expected = max(self.total_images, self.images_done + images)
        if self._started is None:
            self._started = time.monotonic()
        if self.enabled and self._console.is_terminal and self._bar is None:
            self._bar = Progress(
                TextColumn('{task.description}'),
                BarColumn(),
                TextColumn('{task.percentage:>3.0f}%'),
                console=self._console,
                transient=True,
            )
            self._task = self._bar.add_task('', total=1.0)
            self._bar.start()

    def step(
        self, stage: str, iteration: int, iterations: int, lanes: int, objective: Tensor
    ) -> None:
        """Count one iteration of ``lanes`` samples; show it if it is time to."""
        self._work_done += lanes
        if not self.enabled:
            return
        now = time.monotonic()
        interval = _REFRESH_SECONDS if self._bar else _LINE_SECONDS
        if now - self._last_shown < interval and self._last_shown:
            return
        if not self._last_shown and not self._bar:  # no line for a run that is short
            self._last_shown = now
            return
        self._last_shown = now
        share = min(self._work_done / max(self._expected * self._work_per_image, 1.0), 1.0)
        left = (now - self._started) * (1 - share) / share
        first, last = self.images_done + 1, self.images_done + self._batch
        which = f'{first}' if first == last else f'{first}–{last}'
        text = (
            f'image {which}/{self._expected}  {stage}  iteration {iteration}/{iterations}  '
            f'objective {objective.nanmean().item():.3e}  {clock(left)} left'
        )
        if self._bar:
            self._bar.update(self._task, completed=share, description=text)
        else:
            print(text, file=sys.stderr, flush=True)

    def finish_batch(self) -> None:
        """Count the images of the batch as done, whatever early stopping saved."""
        self.images_done += self._batch
        self._work_done = self.images_done * self._work_per_image
        if self._bar and self.total_images is not None and self.images_done >= self.total_images:
            self.close()

    def close(self) -> None:
        """Take the bar off the screen."""
        if self._bar:
            self._bar.stop()
            self._bar = None


def work_per_image(stages: Sequence, restarts: int) -> float:
    """Sample-iterations one image costs: the first stage runs every restart."""
    return sum(stage.iterations * (restarts if i == 0 else 1) for i, stage in enumerate(stages))
