"""How far a mean of few images can be trusted: bootstrap intervals, paired differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

RESAMPLES = 10_000
LEVEL = 0.95
# Of fewer images even equal signs of all differences have more than 5 % of chance: 2 · 0.5^5.
LEAST_TOLD_APART = 6
# Numbers of which more is better; of all others less is.
_UP = (
    *('PSNR', 'PooledPSNR', 'SSIM', 'RegionPSNR', 'RegionSSIM', 'DGP_PSNR', 'DGP_SSIM'),
    *('AuC', 'AuC_8bit', 'top1', 'top5'),
)


def more_is_better(metric: str) -> bool:
    """Whether a higher number is the better one."""
    return metric.rpartition('/')[2] in _UP


@dataclass(frozen=True)
class Estimate:
    """A number, and the interval that resampled images put it in.

    Attributes:
        value: Of all images.
        low: Lower end of the 95 % interval; None of a single image.
        high: Upper end.
        images: How many.
    """

    value: float
    low: float | None
    high: float | None
    images: int


def resamples(images: int, seed: int = 0) -> np.ndarray:
    """Draws with replacement, :data:`RESAMPLES` × images, the same for every number of a row."""
    return np.random.default_rng([seed, images]).integers(0, images, (RESAMPLES, images))


def estimate(
    values: np.ndarray, average: Callable[[np.ndarray], np.ndarray], seed: int = 0
) -> Estimate:
    """The mean with its percentile bootstrap interval (Efron, 1979).

    Args:
        values: Of the images, (N,).
        average: What becomes of means of the values, e.g. the PSNR of a mean squared error.
        seed: Of the resampling.
    """
    values = np.asarray(values, dtype=np.float64)
    low = high = None
    if len(values) > 1 and np.isfinite(values).all():
        ends = [50 * (1 - LEVEL), 50 * (1 + LEVEL)]
        drawn = average(values[resamples(len(values), seed)].mean(1))
        low, high = (float(end) for end in np.percentile(drawn, ends))
    return Estimate(float(average(values.mean())), low, high, len(values))


def correlation(x: np.ndarray, y: np.ndarray, seed: int = 0) -> Estimate | None:
    """Pearson's r with its bootstrap interval; None where one of them does not vary."""
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    drawn = resamples(len(x), seed)
    with np.errstate(invalid='ignore', divide='ignore'):
        a = x[drawn] - x[drawn].mean(1, keepdims=True)
        b = y[drawn] - y[drawn].mean(1, keepdims=True)
        found = (a * b).sum(1) / np.sqrt((a**2).sum(1) * (b**2).sum(1))
    ends = np.nanpercentile(found, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Estimate(float(np.corrcoef(x, y)[0, 1]), float(ends[0]), float(ends[1]), len(x))


def verdict(difference: Estimate, metric: str) -> str:
    """``ahead``, ``behind``, or ``not told apart``: the interval holds 0, or images are too few.

    Args:
        difference: Of ours minus another, image by image.
        metric: Whose.
    """
    few = difference.images < LEAST_TOLD_APART
    if few or difference.low is None or difference.low <= 0 <= difference.high:
        return 'not told apart'
    return 'ahead' if (difference.low > 0) == more_is_better(metric) else 'behind'
