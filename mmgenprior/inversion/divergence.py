"""What becomes of an image whose search ran into numbers that are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from mmgenprior.inversion.results import StageResult, join
from mmgenprior.utils.errors import UserError

# Marks of an image; '' is one whose search went well.
ANOTHER_START = 'another start'
DIVERGED = 'diverged'
_SEVERITY = ('', ANOTHER_START, DIVERGED)

# Rows of a batch → their result, one for each.
Again = Callable[[list[int]], StageResult]


def worst(marks: Sequence[Sequence[str]]) -> list[str]:
    """The worst mark of each image, of several searches for the same images."""
    return [max(of_one, key=_SEVERITY.index) for of_one in zip(*marks)]


def rows_of(chosen: Tensor) -> list[int]:
    """Indices where a mask (B,) holds; waits for the device."""
    return chosen.nonzero().flatten().tolist()


def mend(
    result: StageResult,
    diverged: list[int],
    keys: Sequence[str],
    from_another_start: Again | None,
    best_of_the_same: Again | None,
) -> tuple[StageResult, list[str]]:
    """Another start for images whose search diverged, then the best finite iterate.

    Args:
        result: Of a stage, one for each image.
        diverged: The images whose search diverged, from every start that it had.
        keys: Of all images.
        from_another_start: Runs the stage again from another start; None where there is none.
        best_of_the_same: Runs it again as it was, and keeps the best iterate; None where that is
            what was kept.

    Returns:
        The result with others in place of those images, and the mark of every image.

    Raises:
        UserError: If an image has no finite iterate at all.
    """
    marks = [''] * len(keys)
    for row in diverged:
        marks[row] = DIVERGED
    if diverged and from_another_start:
        second = from_another_start(diverged)
        well = (~second.diverged).tolist()
        lower = (second.objective < result.objective[diverged]).tolist()
        taken = [i for i in range(len(diverged)) if well[i] or lower[i]]
        result = _replaced(result, [diverged[i] for i in taken], second, taken)
        for i in taken:
            marks[diverged[i]] = ANOTHER_START if well[i] else DIVERGED
    lost = _lost(result, diverged)
    if lost and best_of_the_same:
        result = _replaced(result, lost, best_of_the_same(lost), list(range(len(lost))))
        lost = _lost(result, lost)
    if lost:
        raise UserError(
            f'{keys[lost[0]]}: neither the start of its search nor what came of it is a picture of '
            'finite numbers: look at the weights of the generator, and take smaller step sizes'
        )
    return result, marks


def _lost(result: StageResult, rows: list[int]) -> list[int]:
    """Of some images those whose picture is not finite."""
    finite = result.image[rows].flatten(1).isfinite().all(1).tolist()
    return [row for row, is_finite in zip(rows, finite) if not is_finite]


def _replaced(
    result: StageResult, rows: list[int], other: StageResult, of_other: list[int]
) -> StageResult:
    """The result with images of another one in place of some."""
    count = len(result.objective)
    index = list(range(count))
    for row, place in zip(rows, of_other):
        index[row] = count + place
    return join([result, other]).take(torch.tensor(index, device=result.objective.device))
