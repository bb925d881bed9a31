"""Lightness of the measurement, colours of the estimate."""

from __future__ import annotations

import numpy as np
import torch
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.degradations import Degradation
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.lab import with_lightness_of


def merge_lab(image: Tensor, lightness: Tensor) -> Tensor:
    """:func:`mmgenprior.utils.lab.with_lightness_of` for batches, computed in float64.

    Args:
        image: B×3×H×W, RGB in [0, 1].
        lightness: B×3×H×W, RGB in [0, 1].

    Returns:
        B×3×H×W, RGB, clipped to [0, 1], of the dtype and device of ``image``.
    """
    merged = []
    for x, y in zip(image, lightness):
        rgb = with_lightness_of(
            *(v.detach().cpu().double().permute(1, 2, 0).numpy() for v in (y, x))
        )
        merged.append(torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1))))
    return torch.stack(merged).to(image)


@MODELS.register_module()
class LabMerge(nn.Module):
    """Finish of DGP's colorization: the measured lightness with the colours of the estimate.

    The measurement is the luminance, so L* is that of the grey picture. The official code takes
    L* of the photograph itself instead, which only a test with ground truth has.
    """

    suffix = 'Lab'

    def forward(self, image: Tensor, y: Tensor, degradation: Degradation) -> Tensor:
        """Merge.

        Args:
            image: Estimates, B×3×H×W, RGB in [0, 1].
            y: Luminances, B×1×H×W, in the operator's units.
            degradation: The operator, bound to the parameters of the batch.

        Returns:
            B×3×H×W.

        Raises:
            UserError: If the measurement is no picture of the size of the image.
        """
        if not degradation.image_like or y.shape[-2:] != image.shape[-2:]:
            raise UserError('LabMerge needs a measurement that is a picture of the full size')
        picture = degradation.measurement_image(y)
        return merge_lab(image.clamp(0, 1), picture)
