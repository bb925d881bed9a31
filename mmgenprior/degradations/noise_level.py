"""How much noise a picture has, from the picture alone."""

from __future__ import annotations

import torch
from deepinv.models import WaveletNoiseEstimator
from torch import Tensor

from mmgenprior.degradations.jpeg import LUMINANCE


@torch.no_grad()
def estimate_noise_level(picture: Tensor) -> Tensor:
    """Standard deviation of white Gaussian noise, by deepinv's wavelet estimator.

    The estimator takes the median of the finest wavelet coefficients for noise, so edges and
    texture raise it. In colour it is asked of the two opponent channels (red against blue, green
    against both; orthonormal), where noise that is independent between the channels is as strong
    as in the picture, and the picture itself is faint.

    Args:
        picture: B×1×h×w or B×3×h×w, on a scale of any origin.

    Returns:
        (B,), in the units of the picture.
    """
    if picture.shape[1] == 3:
        red, green, blue = picture.unbind(1)
        chroma = (red - blue) / 2**0.5, (red - 2 * green + blue) / 6**0.5
        picture = torch.stack(chroma, dim=1)
    return WaveletNoiseEstimator()(picture)


# Deviation in luminance of noise that each colour has its own of, in units of that in a colour.
_SIGMA_OF_LUMINANCE = sum(weight**2 for weight in LUMINANCE) ** 0.5
_TILE = 32


@torch.no_grad()
def estimate_luminance_noise(picture: Tensor) -> Tensor:
    """Standard deviation of white Gaussian noise, from the quietest quarter of the luminance.

    For files that store colours at half the resolution (most JPEG and WebP), whose opponent
    channels have lost their noise. Texture everywhere raises it: by up to 6 of 255 levels in
    photographs of 256×256.

    Args:
        picture: B×1×h×w or B×3×h×w, RGB, on a scale of any origin.

    Returns:
        (B,), in the units of the picture, of noise as it was in each colour.
    """
    scale = 1.0
    if picture.shape[1] == 3:
        weights = picture.new_tensor(LUMINANCE)[:, None, None]
        picture, scale = (picture * weights).sum(1, keepdim=True), _SIGMA_OF_LUMINANCE
    side = min(_TILE, *picture.shape[2:])
    tiles = picture.unfold(2, side, side).unfold(3, side, side)
    levels = WaveletNoiseEstimator()(tiles.reshape(-1, 1, side, side)).reshape(len(picture), -1)
    return levels.quantile(0.25, dim=1) / scale
