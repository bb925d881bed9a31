"""Whether a restoration is as sure as it says: coverage and width of its intervals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmagic.evaluation.metrics.base_sample_wise_metric import BaseSampleWiseMetric
from mmagic.registry import METRICS

from mmgenprior.evaluation.region import hole_of
from mmgenprior.ledger import averaging

# In grey levels: less is the rounding of float32, not a doubt.
ROUNDING = 1e-2
_INTERVAL = re.compile(r'interval_(\d+)')


@METRICS.register_module()
class Coverage(BaseSampleWiseMetric):
    """How many values of the truth lie inside the intervals of the main variant.

    Of every field ``interval_<level>`` of the output (2×3×H×W, the lower and the upper bound, BGR,
    [0, 255]):

    - ``coverage/<level>``: share of the values of the truth inside, in percent; nominal is the
      level itself;
    - ``width/<level>``: mean width, in grey levels: of two that cover, the narrower says more;
    - ``coverage_hole/<level>``: the same share in the hole, where the measurement has one.

    A value that no interval leaves open (what an exact measurement shows) counts in neither, unless
    it is wrong. ``std_rank`` is Spearman's rank correlation of ``std`` with the error of a pixel
    (root mean square over the channels), over the pixels whose deviation is not 0: 1 where the
    errors are in the order of the deviations. Outputs without intervals are left out.

    Args:
        gt_key: Key of the ground truth.
        pred_key: Key of the image in the output.
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.
    """

    metric = 'Coverage'
    averaged_by = 'present'

    def __init__(
        self, gt_key: str = 'gt_img', pred_key: str = 'pred_img', prefix: str | None = None
    ) -> None:
        super().__init__(gt_key=gt_key, pred_key=pred_key, prefix=prefix)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Add the numbers of each sample that has intervals, for its main variant alone."""
        for sample in data_samples:
            output = sample['output']
            levels = sorted(int(m[1]) for name in output if (m := _INTERVAL.fullmatch(name)))
            bounds = {str(level): _array(output[f'interval_{level}']) for level in levels}
            is_main = output.get('variant', output.get('main')) == output.get('main')
            if bounds and is_main:
                gt, pred = _array(sample[self.gt_key]), _array(output[self.pred_key])
                found = self._shares(gt, bounds, sample.get('measurement'))
                if output.get('std') is not None:
                    found |= _rank(_array(output['std'])[0], gt, pred)
                self.results.append(found)

    def _shares(self, gt: np.ndarray, bounds: dict[str, np.ndarray], measurement: Any) -> dict:
        hole = None if measurement is None else hole_of(measurement)
        widest = np.max([upper - lower for lower, upper in bounds.values()], axis=0)
        found = {}
        for level, (lower, upper) in bounds.items():
            inside = (gt >= lower - ROUNDING) & (gt <= upper + ROUNDING)
            counted = (widest > ROUNDING) | ~inside
            if counted.any():
                found[f'coverage/{level}'] = 100 * float(inside[counted].mean())
                found[f'width/{level}'] = float((upper - lower)[counted].mean())
            if hole is not None and counted[:, hole].any():
                share = inside[:, hole][counted[:, hole]].mean()
                found[f'coverage_hole/{level}'] = 100 * float(share)
        return found

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Means over the images that have the number."""
        return averaging.present(results)


def _rank(std: np.ndarray, gt: np.ndarray, pred: np.ndarray) -> dict[str, float]:
    error = np.sqrt(np.square(gt - pred).mean(0))
    open_ = 255 * std > ROUNDING
    # Of numbers that are all equal there is no order.
    if open_.sum() < 2 or np.ptp(std[open_]) == 0 or np.ptp(error[open_]) == 0:
        return {}
    from scipy.stats import spearmanr  # takes a second to import

    return {'std_rank': float(spearmanr(std[open_], error[open_]).statistic)}


def _array(image: torch.Tensor) -> np.ndarray:
    return image.detach().cpu().double().numpy()
