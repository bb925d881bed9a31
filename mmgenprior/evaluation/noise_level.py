"""How noisy a measurement is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmagic.evaluation.metrics.base_sample_wise_metric import BaseSampleWiseMetric
from mmagic.registry import METRICS


@METRICS.register_module()
class NoiseLevel(BaseSampleWiseMetric):
    """Standard deviation σ of the noise that a sample drew, in grey levels of 255.

    No quality, but what qualities are plotted against (BIGPrior, Fig. 7). Samples without noise of
    their own are left out; needs no ground truth.

    Args:
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.
    """

    metric = 'Sigma'
    needs_gt = False

    def __init__(self, prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Add the level of each sample, for its main variant alone."""
        for sample in data_samples:
            measurement, output = sample.get('measurement'), sample['output']
            is_main = output.get('variant', output['main']) == output['main']
            if is_main and measurement is not None and 'sigma' in measurement.params:
                sigma = float(measurement.params['sigma'])
                self.results.append({self.metric: 255 * sigma})
