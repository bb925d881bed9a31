"""Colorization's merge: the measured luminance with the colours of the estimate."""

from __future__ import annotations

import numpy as np
import torch
from mmagic.registry import MODELS
from PIL import Image
from torch import Tensor, nn

from mmgenprior.degradations import Degradation
from mmgenprior.utils.errors import UserError


@MODELS.register_module()
class LuminanceTransfer(nn.Module):
    """Replace the luminance Y of an estimate by the measured one, and keep its Cb and Cr.

    In YCbCr a change of Y adds the same to R, G and B, so that the result is
    x̂ + (y − A x̂), copied to three channels, and measures y exactly.

    Args:
        eight_bit: Truncate to 8 bits and go through Pillow's YCbCr, as mGANprior's official code
            does. It takes the Y of the ground truth; here it is the measurement, which differs
            from Pillow's integer tables by one level in some 1 % of the pixels.
    """

    suffix = 'Y'

    def __init__(self, eight_bit: bool = False) -> None:
        super().__init__()
        self.eight_bit = eight_bit

    def forward(self, image: Tensor, y: Tensor, degradation: Degradation) -> Tensor:
        """Merge.

        Args:
            image: Estimates x̂, B×3×H×W, RGB in [0, 1].
            y: Measured luminance, B×1×H×W, in centred units.
            degradation: The operator, bound to the parameters of the batch.

        Returns:
            Images, B×3×H×W, not clamped unless they went through 8 bits.

        Raises:
            UserError: If the measurement is no luminance of the images' size.
        """
        if tuple(y.shape[1:]) != (1, *image.shape[2:]):
            raise UserError(
                f'LuminanceTransfer: a measurement of shape {tuple(y.shape[1:])} is no luminance '
                f'of images {image.shape[2]}×{image.shape[3]}; use it with the Luminance operator'
            )
        if not self.eight_bit:
            weights = getattr(degradation.physics, 'weights', (1.0,))
            return image + (y - degradation.forward_operator(image)) / sum(weights)
        luminance = _levels(y + degradation.centre)
        merged = [_merge(*pair) for pair in zip(_levels(image), luminance)]
        return torch.from_numpy(np.stack(merged)).permute(0, 3, 1, 2).to(image) / 255


def _levels(image: Tensor) -> np.ndarray:
    """B×C×H×W in [0, 1] to B×H×W×C uint8, truncated; a level that rounding misses is that level."""
    scaled = (image.detach() * 255 + 1e-4).clamp(0, 255).permute(0, 2, 3, 1)
    return scaled.cpu().numpy().astype(np.uint8)


def _merge(estimate: np.ndarray, luminance: np.ndarray) -> np.ndarray:
    chroma = Image.fromarray(estimate).convert('YCbCr').split()[1:]
    grey = Image.fromarray(luminance[..., 0])
    return np.asarray(Image.merge('YCbCr', (grey, *chroma)).convert('RGB'))
