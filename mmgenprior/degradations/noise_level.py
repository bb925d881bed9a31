"""How much noise a picture has, from the picture alone."""

from __future__ import annotations

import torch
from deepinv.models import WaveletNoiseEstimator
from torch import Tensor


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
