"""Lightness of one picture, colours of another, in CIE Lab."""

from __future__ import annotations

import numpy as np
from skimage.color import lab2rgb, rgb2lab


def with_lightness_of(lightness: np.ndarray, image: np.ndarray) -> np.ndarray:
    """L* of one picture with a* and b* of another (D65, scikit-image's).

    Args:
        lightness: H×W×3, RGB, float in [0, 1].
        image: The same, of the same dtype, which the result has too.

    Returns:
        H×W×3, RGB, clipped to [0, 1].
    """
    lab = rgb2lab(image)
    lab[..., 0] = rgb2lab(lightness)[..., 0]
    return lab2rgb(lab)
