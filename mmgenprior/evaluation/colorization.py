"""How near colours are: the area under the cumulative error in the ab plane."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from mmagic.evaluation.metrics.base_sample_wise_metric import BaseSampleWiseMetric
from mmagic.registry import METRICS
from skimage.color import rgb2lab

from mmgenprior.images import hwc_rgb01
from mmgenprior.utils.errors import UserError

THRESHOLDS = 150


def colorization_auc(reference: np.ndarray, image: np.ndarray) -> float:
    """Area under the cumulative distribution of colour errors (BIGPrior, Table II).

    The error of a pixel is the Euclidean distance in the ab plane of CIE Lab (L is set to 0). The
    share of pixels with an error of at most t is averaged over t = 0, 1, …, 149, as the official
    code does; the paper calls this mean the area.

    Args:
        reference: H×W×3, RGB, uint8 or float on the scale [0, 1].
        image: The same; values outside [0, 1] are taken as they are.

    Returns:
        Percent, 0 to 100; 100 where every colour is exact.

    Raises:
        ValueError: If the shapes differ.
    """
    if reference.shape != image.shape:
        raise ValueError(f'pictures of shapes {reference.shape} and {image.shape}')
    difference = rgb2lab(reference)[..., 1:] - rgb2lab(image)[..., 1:]
    error = np.sqrt(np.square(difference).sum(-1)).astype(np.float64)
    # A pixel counts for every threshold from ⌈error⌉ to 149.
    counted = (THRESHOLDS - np.ceil(error)).clip(0)
    return float(100 * counted.mean() / THRESHOLDS)


@METRICS.register_module()
class ColorizationAuC(BaseSampleWiseMetric):
    """:func:`colorization_auc` of restorations, in percent.

    ``AuC`` is of the image as it comes, which is unclamped where the editor has ``clamp=False``,
    as in the official train.py; ``AuC_8bit`` is of the picture that is saved, rounded to 8 bits,
    as in the paper's table.

    The official train.py holds images minus 0.5 in float32, and measures in float32 too. Threshold
    0 counts the pixels whose colour is met exactly, and another rounding leaves an error of 3e-5
    there. With ``parity`` here and in BIGPrior the official code gives the same numbers, digit for
    digit, for each of its 50 bedrooms; without, an image differs by up to 0.0025 percent, the mean
    by 0.0002.

    Args:
        eight_bit: Measure the saved picture.
        parity: Take 0.5 from both images and add it again, and measure, all in float32. The
            official code measures the saved picture in float64, as is done here anyway.
        gt_key: Key of the ground truth.
        pred_key: Key of the image in the output.
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.

    Raises:
        UserError: If both ``eight_bit`` and ``parity`` are set.
    """

    metric = 'AuC'

    def __init__(
        self,
        eight_bit: bool = False,
        parity: bool = False,
        gt_key: str = 'gt_img',
        pred_key: str = 'pred_img',
        prefix: str | None = None,
    ) -> None:
        super().__init__(gt_key=gt_key, pred_key=pred_key, prefix=prefix)
        if eight_bit and parity:
            raise UserError(
                'ColorizationAuC: parity=True is for floats; leave it out with eight_bit=True, '
                'which is the official number as it is'
            )
        self.eight_bit = eight_bit
        self.parity = parity
        self.metric = 'AuC_8bit' if eight_bit else 'AuC'

    def process_image(self, gt: torch.Tensor, pred: torch.Tensor, mask: Any) -> float:
        """AuC of one image, CHW, BGR, scale 0..255."""
        return colorization_auc(self._picture(gt), self._picture(pred))

    def _picture(self, image: torch.Tensor) -> np.ndarray:
        """H×W×3, RGB, scale [0, 1]."""
        image = hwc_rgb01(image.clamp(0, 255).round() if self.eight_bit else image)
        # Not the same in float32: what 0.5 takes from the digits of a dark value is gone.
        image = image.float() - 0.5 + 0.5 if self.parity else image
        return image.numpy()
