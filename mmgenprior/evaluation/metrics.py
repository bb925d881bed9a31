"""Metrics that MMagic lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmagic.evaluation.metrics.base_sample_wise_metric import BaseSampleWiseMetric
from mmagic.registry import METRICS

from mmgenprior.images import rgb01
from mmgenprior.ledger import averaging


@METRICS.register_module()
class MeasurementConsistency(BaseSampleWiseMetric):
    """Root mean square of A(x̂) − y, in the units of the measurement.

    Tells how well a restoration explains what was measured; needs no ground
    truth. With noise of standard deviation σ the truth itself scores about σ.
    The image is the one that is saved, clamped to [0, 1].

    Args:
        pred_key: Key of the image in the output.
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.
    """

    metric = 'Consistency'
    needs_gt = False

    def __init__(self, pred_key: str = 'pred_img', prefix: str | None = None) -> None:
        super().__init__(pred_key=pred_key, prefix=prefix)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Add the residual of each sample; an image of another size is left out."""
        for sample in data_samples:
            measurement = sample['measurement']
            image = sample['output'][self.pred_key]
            if tuple(image.shape) != tuple(measurement.image_shape):
                continue
            batch = measurement.bind()
            x = rgb01(image.detach().cpu().double())[None]
            with torch.no_grad():
                difference = (batch.bound().forward_operator(x.float()) - batch.y)[0]
            self.results.append({self.metric: difference.double().square().mean().sqrt().item()})


@METRICS.register_module()
class PooledPSNR(BaseSampleWiseMetric):
    """PSNR of the mean squared error of all images, as the IAGAN paper's tables have it.

    10·log10(255² / mean of the images' MSE) (IAGAN, footnote 2). It is never
    above the mean of the images' PSNR, which MMagic's ``PSNR`` gives.

    Args:
        gt_key: Key of the ground truth.
        pred_key: Key of the image in the output.
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.
    """

    metric = 'PooledPSNR'
    averaged_by = 'pooled_psnr'

    def __init__(
        self, gt_key: str = 'gt_img', pred_key: str = 'pred_img', prefix: str | None = None
    ) -> None:
        super().__init__(gt_key=gt_key, pred_key=pred_key, prefix=prefix)

    def process_image(self, gt: torch.Tensor, pred: torch.Tensor, mask: Any) -> float:
        """Mean squared error of one image, on the scale 0..255."""
        return (gt.cpu().double() - pred.cpu().double()).square().mean().item()

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """PSNR of the mean error; infinite if every image is exact."""
        return averaging.pooled_psnr(results, self.metric)


@METRICS.register_module()
class RMSE(BaseSampleWiseMetric):
    """Root of the mean squared error of an image, in grey levels 0..255 (DGP, Table 3).

    Args:
        gt_key: Key of the ground truth.
        pred_key: Key of the image in the output.
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.
    """

    metric = 'RMSE'

    def __init__(
        self, gt_key: str = 'gt_img', pred_key: str = 'pred_img', prefix: str | None = None
    ) -> None:
        super().__init__(gt_key=gt_key, pred_key=pred_key, prefix=prefix)

    def process_image(self, gt: torch.Tensor, pred: torch.Tensor, mask: Any) -> float:
        """RMSE of one image."""
        return (gt.cpu().double() - pred.cpu().double()).square().mean().sqrt().item()
