"""How much of a picture is generated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmagic.evaluation.metrics.base_sample_wise_metric import BaseSampleWiseMetric
from mmagic.registry import METRICS


@METRICS.register_module()
class MeanPhi(BaseSampleWiseMetric):
    """Mean of the map φ over pixels and channels (BIGPrior, Fig. 2 to 4 and 7).

    φ as the network gives it; the paper's figures are means of the saved picture, where φ is
    clipped to [0, 1], which ``clip`` gives. Needs no ground truth; images without φ, such as
    the generated one, are left out.

    Args:
        clip: Clip φ to [0, 1] and round to 8 bits before.
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.
    """

    metric = 'MeanPhi'
    needs_gt = False

    def __init__(self, clip: bool = False, prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        self.clip = clip
        self.metric = 'MeanPhi_8bit' if clip else 'MeanPhi'

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Add the mean of each sample's φ."""
        for sample in data_samples:
            output = sample['output']
            if output.get('phi') is None or output.get('variant', output['main']) != output['main']:
                continue
            phi = output['phi'].double()
            phi = (phi.clamp(0, 1) * 255).round() / 255 if self.clip else phi
            self.results.append({self.metric: phi.mean().item()})
