"""Progress of a restoration with the picture as it converges, where the terminal can show it."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

import numpy as np
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

if TYPE_CHECKING:
    from torch import Tensor

    from mmgenprior.inversion.callbacks import RunningStage

# Looking at a picture waits for the device.
_REFRESH_SECONDS = 0.4
# Where there is no terminal to redraw, a line is printed at most this often.
_LINE_SECONDS = 20.0
_COLUMNS = 40


class LivePicture:
    """A callback of :func:`mmgenprior.restore` that shows what is found so far.

    On a terminal with colours the picture is drawn in half blocks above a line of progress; on one
    without, and in a file, there are lines.

    Args:
        file: Where to write; standard error by default.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self.console = Console(file=file or sys.stderr, highlight=False)
        terminal = self.console.is_terminal
        self._draws = terminal and self.console.color_system in ('256', 'truecolor')
        self._interval = _REFRESH_SECONDS if terminal else _LINE_SECONDS
        self._live: Live | None = None
        self._shown = time.monotonic()
        self.photo = ''

    def __call__(
        self,
        stage: RunningStage,
        iteration: int,
        objective: Tensor | None,
        image: Tensor | None,
    ) -> None:
        """Show an iteration when it is time to; reads the device only then."""
        now = time.monotonic()
        if now - self._shown < self._interval:
            return
        self._shown = now
        line = f'{self.photo} · square {stage.first + 1}' if stage.first else self.photo
        line += f' · {stage.name} · iteration {iteration}/{stage.iterations}'
        if objective is not None:
            line += f' · objective {objective.nanmean().item():.3e}'
        if not self.console.is_terminal:
            self.console.print(line, soft_wrap=True)
            return
        parts = [Text(line)]
        if self._draws and image is not None:
            pixels = image[0].detach().float().cpu().clamp(0, 1).numpy().transpose(1, 2, 0)
            parts.insert(0, half_blocks(pixels))
        if self._live is None:
            self._live = Live(console=self.console, transient=True, auto_refresh=False)
            self._live.start()
        self._live.update(Group(*parts), refresh=True)

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self.console.print(line, soft_wrap=True)

    def close(self) -> None:
        """Take the picture off the screen."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def half_blocks(pixels: np.ndarray, columns: int = _COLUMNS) -> Text:
    """A picture as text, two pixels a character.

    Args:
        pixels: H×W×3, RGB in [0, 1].
        columns: Characters a line; not more than the picture has pixels.
    """
    import cv2

    height, width = pixels.shape[:2]
    columns = min(columns, width)
    rows = max(1, round(height * columns / width / 2))
    small = cv2.resize(pixels, (columns, 2 * rows), interpolation=cv2.INTER_AREA)
    levels = np.rint(small * 255).astype(int)
    text = Text()
    for row in range(rows):
        for column in range(columns):
            upper, lower = ('rgb({},{},{})'.format(*levels[2 * row + i, column]) for i in (0, 1))
            text.append('▀', style=f'{upper} on {lower}')
        text.append('\n')
    return text
