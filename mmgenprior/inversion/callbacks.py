"""How a search tells whoever listens what it is doing: a bar, a page, a notebook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class RunningStage:
    """What is under way.

    Attributes:
        name: Name of the stage, or of the work beside the search, e.g. ``'candidates'``.
        iterations: How many iterations it has.
        first: The first of the images it works on within the batch, from 0.
        last: The last of them.
        is_search: Whether it is a stage of the search, whose iterations the time left counts.
    """

    name: str
    iterations: int
    first: int = 0
    last: int = 0
    is_search: bool = False


# (stage, iteration, objective, image): iterations done, from 1; objectives (B,) and images
# B×3×H×W, RGB on [0, 1], on the device, None where there are none. Reading them waits for the
# device, so a listener reads them as seldom as it shows them.
SearchCallback = Callable[[RunningStage, int, Tensor | None, Tensor | None], None]


def ignore(
    stage: RunningStage, iteration: int, objective: Tensor | None, image: Tensor | None
) -> None:
    """The callback of a search that nobody listens to."""
