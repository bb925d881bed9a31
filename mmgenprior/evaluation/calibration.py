"""What intervals must be stretched by to hold as much of the truth as they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtri
from torch import Tensor

from mmgenprior.evaluation.coverage import ROUNDING


def normalised_errors(gt: Tensor, pred: Tensor, deviation: Tensor) -> np.ndarray:
    """|error| in deviations, of the values that are not known exactly.

    Args:
        gt: Truth, C×H×W, in grey levels.
        pred: Restored, the same.
        deviation: Standard deviation, the same.

    Returns:
        One number per value whose deviation is more than rounding.
    """
    gt, pred, deviation = (x.detach().cpu().double().numpy() for x in (gt, pred, deviation))
    open_ = deviation > ROUNDING
    return np.abs(gt - pred)[open_] / deviation[open_]


def stretching(errors: Mapping[str, np.ndarray], levels: Sequence[float]) -> list[float]:
    """Factors that make normal intervals nominal over several tasks, each of equal weight.

    Args:
        errors: Task → :func:`normalised_errors` of its images.
        levels: Of the intervals, in percent.

    Returns:
        One factor per level.

    Raises:
        ValueError: If a task has no value that is open.
    """
    empty = [task for task, values in errors.items() if not len(values)]
    if empty or not errors:
        raise ValueError(f'no value is open in {", ".join(empty) or "no task"}')
    values = np.concatenate(list(errors.values()))
    weights = np.concatenate([np.full(len(v), 1 / len(v)) for v in errors.values()])
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / len(errors)
    factors = []
    for level in levels:
        place = min(int(np.searchsorted(share, level / 100)), len(values) - 1)
        factors.append(float(values[order[place]] / ndtri(0.5 + level / 200)))
    return factors


def coverage_of(errors: np.ndarray, level: float, factor: float = 1.0) -> float:
    """Percent of the values inside normal intervals of a level that are stretched by a factor."""
    return 100 * float((errors <= factor * ndtri(0.5 + level / 200)).mean())
