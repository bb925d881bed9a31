"""The numbers of DGP's tables, with the conventions of its official code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmagic.evaluation.metrics.base_sample_wise_metric import BaseSampleWiseMetric
from mmagic.registry import METRICS

from mmgenprior.evaluation.region import hole_of
from mmgenprior.images import hwc_rgb01
from mmgenprior.ledger import averaging
from mmgenprior.utils.lab import with_lightness_of

TASKS = ('reconstruct', 'colorization', 'inpainting')


def dgp_metrics(
    target: np.ndarray,
    image: np.ndarray,
    task: str = 'reconstruct',
    hole: np.ndarray | None = None,
) -> dict[str, float]:
    """PSNR, SSIM, L1 and MSE as DGP reports them (Pan et al., 2020; official ``get_metrics``).

    PSNR is of the scale [0, 1]; SSIM has a uniform 7×7 window and, a quirk, a data range of 2
    although images are on [0, 1], so that it is higher than everybody else's. Colorization takes L
    of the target and ab of the image first; inpainting cuts out the hole's bounding box. L1 and MSE
    are of the whole image as it was generated.

    Args:
        target: H×W×3, RGB, float in [0, 1].
        image: The same.
        task: ``'reconstruct'`` (which stands for all others), ``'colorization'``, ``'inpainting'``.
        hole: H×W, True in the hole; for inpainting.

    Returns:
        ``PSNR`` in dB, ``SSIM``, ``L1`` and ``MSE`` (both of the scale [0, 1]).

    Raises:
        ValueError: If the task is unknown, or inpainting has no hole.
    """
    if task not in TASKS or (task == 'inpainting') != (hole is not None):
        raise ValueError(f'task={task!r}: use one of {TASKS}, and a hole with inpainting alone')
    l1, mse = np.abs(target - image).mean(), np.square(target - image).mean()
    if task == 'colorization':
        image = with_lightness_of(target, image)
    elif task == 'inpainting':
        rows, columns = (np.flatnonzero(hole.any(axis)) for axis in (1, 0))
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        target, image = target[box], image[box]
    # A second to import, for a task of few runs.
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    psnr = peak_signal_noise_ratio(target, image, data_range=1)
    ssim = structural_similarity(target, image, channel_axis=2, data_range=2)
    return {'PSNR': float(psnr), 'SSIM': float(ssim), 'L1': float(l1), 'MSE': float(mse)}


@METRICS.register_module()
class DGPMetrics(BaseSampleWiseMetric):
    """:func:`dgp_metrics` of restorations: ``DGP_PSNR``, ``DGP_SSIM``, ``DGP_L1``, ``DGP_MSE``.

    Args:
        task: See :func:`dgp_metrics`; the hole of inpainting is the measurement's, and samples
            without one are left out.
        gt_key: Key of the ground truth.
        pred_key: Key of the image in the output.
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.

    Raises:
        ValueError: If the task is unknown.
    """

    metric = 'DGP'
    averaged_by = 'present'

    def __init__(
        self,
        task: str = 'reconstruct',
        gt_key: str = 'gt_img',
        pred_key: str = 'pred_img',
        prefix: str | None = None,
    ) -> None:
        super().__init__(gt_key=gt_key, pred_key=pred_key, prefix=prefix)
        if task not in TASKS:
            raise ValueError(f'DGPMetrics: task={task!r}: use one of {TASKS}')
        self.task = task

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Add the numbers of each sample."""
        for sample in data_samples:
            hole = None
            if self.task == 'inpainting':
                hole = hole_of(sample['measurement']) if 'measurement' in sample else None
                if hole is None:
                    continue
            target = _picture(sample[self.gt_key])
            image = _picture(sample['output'][self.pred_key])
            found = dgp_metrics(target, image, self.task, hole)
            self.results.append({f'DGP_{name}': value for name, value in found.items()})

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Means over the images."""
        return averaging.present(results)


def _picture(image: torch.Tensor) -> np.ndarray:
    return hwc_rgb01(image.clamp(0, 255)).numpy()
