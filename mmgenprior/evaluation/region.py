"""Metrics of the hole alone, where the image was not measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmagic.evaluation.metrics.base_sample_wise_metric import BaseSampleWiseMetric
from mmagic.registry import METRICS

from mmgenprior.degradations.masks import BoxMask, FileMask, RandomBoxesMask
from mmgenprior.structures import Measurement

MASKS = (BoxMask, FileMask, RandomBoxesMask)


def hole_of(measurement: Measurement) -> np.ndarray | None:
    """Where a measurement has a hole.

    Args:
        measurement: Of a mask, or of a composition with a mask and measured at the image's size.

    Returns:
        H×W, True in the hole; None where the operator has no mask or the mask no hole.
    """
    shape = tuple(measurement.image_shape)
    physics = measurement.bind().bound().physics
    parts = list(getattr(physics, 'operators', [physics]))
    same_size = tuple(measurement.y.shape[-2:]) == shape[1:]
    masks = [part for part in parts if isinstance(part, MASKS)] if same_size else []
    if not masks:
        return None
    seen = torch.ones(1, 1, *shape[1:])
    for mask in masks:
        seen = mask.A(seen)
    hole = (seen[0, 0] == 0).numpy()
    return hole if hole.any() else None


class _RegionMetric(BaseSampleWiseMetric):
    """Base: one number per image that has a hole; the others are left out.

    Args:
        gt_key: Key of the ground truth.
        pred_key: Key of the image in the output.
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.
    """

    metric = 'Region'

    def __init__(
        self, gt_key: str = 'gt_img', pred_key: str = 'pred_img', prefix: str | None = None
    ) -> None:
        super().__init__(gt_key=gt_key, pred_key=pred_key, prefix=prefix)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Add the number of each sample with a hole."""
        for sample in data_samples:
            measurement = sample.get('measurement')
            hole = None if measurement is None else hole_of(measurement)
            gt, pred = sample[self.gt_key], sample['output'][self.pred_key]
            if hole is None or hole.shape != tuple(pred.shape[-2:]):
                continue
            gt, pred = (x.detach().cpu().double().numpy() for x in (gt, pred))
            self.results.append({self.metric: self.measure(gt, pred, hole)})

    def measure(self, gt: np.ndarray, pred: np.ndarray, hole: np.ndarray) -> float:
        """The number of images 3×H×W on the scale 0..255, with a hole H×W."""
        raise TypeError(f'{type(self).__name__} does not define measure()')


@METRICS.register_module()
class RegionPSNR(_RegionMetric):
    """PSNR in dB over the pixels of the hole, 10·log10(255² / their mean squared error)."""

    metric = 'RegionPSNR'

    def measure(self, gt: np.ndarray, pred: np.ndarray, hole: np.ndarray) -> float:
        """PSNR of one image; infinite where the hole is exact."""
        mse = np.square(gt - pred)[:, hole].mean()
        return float('inf') if mse == 0 else float(10 * np.log10(255.0**2 / mse))


@METRICS.register_module()
class RegionSSIM(_RegionMetric):
    """SSIM averaged over the pixels of the hole (Wang et al., 2004).

    Windows are Gaussian (σ = 1.5) as in MMagic's ``SSIM`` and reach over the hole's edge, so that a
    seam costs. DGP's own variant cuts the hole out first, see :class:`DGPMetrics`.
    """

    metric = 'RegionSSIM'

    def measure(self, gt: np.ndarray, pred: np.ndarray, hole: np.ndarray) -> float:
        """SSIM of one image, -1 to 1."""
        from skimage.metrics import structural_similarity  # not before the first result

        _, values = structural_similarity(
            gt,
            pred,
            channel_axis=0,
            data_range=255,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            full=True,
        )
        return float(values[:, hole].mean())
