"""How sure a restoration is, as fields of the output."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from mmgenprior.images import bgr255
from mmgenprior.inversion.pixel_uncertainty import LEVELS, calibration_factors, intervals


def uncertainty_fields(
    mean: Tensor, variance: Tensor, calibration: float | Sequence[float] = 1.0
) -> dict[str, Tensor]:
    """What the output holds beside an image to say how sure it is.

    Args:
        mean: Images B×3×H×W, RGB on [0, 1].
        variance: Of every value, B×3×H×W, see :mod:`mmgenprior.inversion.pixel_uncertainty`.
        calibration: See :func:`mmgenprior.inversion.pixel_uncertainty.intervals`.

    Returns:
        ``deviation``, the standard deviation of every value (B×3×H×W, BGR, in grey levels);
        ``std``, its root mean square over the channels (B×1×H×W, of [0, 1]); and per level
        ``interval_<level>``, the lower and the upper bound (B×2×3×H×W, BGR, [0, 255]). The
        deviations are those of the normal distribution that has the 90 % interval.
    """
    factor = calibration_factors(calibration)[LEVELS.index(90)]
    deviation = factor * variance.sqrt()
    bounds = intervals(mean, variance, calibration)
    return {
        'deviation': bgr255(deviation),
        'std': deviation.square().mean(1, keepdim=True).sqrt(),
        **{f'interval_{level}': bgr255(bound) for level, bound in bounds.items()},
    }
