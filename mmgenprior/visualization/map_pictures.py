"""Maps of a result as pictures, alone and over the restored one."""

from __future__ import annotations

import cv2
import numpy as np


def map_picture(values: np.ndarray, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """C×H×W map → H×W×3 uint8 BGR picture of its mean over channels, dark to bright yellow."""
    grey = np.rint(_level(values, low, high) * 255).astype(np.uint8)
    return cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO)


def map_overlay(
    picture: np.ndarray,
    values: np.ndarray,
    low: float = 0.0,
    high: float = 1.0,
    opacity: float = 0.7,
) -> np.ndarray:
    """Draw a map over a picture; where the map is ``low`` the picture shows as it is.

    Args:
        picture: H×W×3 uint8 BGR.
        values: C×h×w map; resized to the picture by the nearest pixel.
        low: Value that leaves the picture untouched.
        high: Value from which on the colour covers it by ``opacity``.
        opacity: In [0, 1].

    Returns:
        H×W×3 uint8 BGR.
    """
    size = picture.shape[1], picture.shape[0]
    cover = cv2.resize(_level(values, low, high), size, interpolation=cv2.INTER_NEAREST)
    colour = cv2.resize(map_picture(values, low, high), size, interpolation=cv2.INTER_NEAREST)
    share = (opacity * cover)[..., None]
    return np.rint(picture * (1 - share) + colour * share).astype(np.uint8)


def _level(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Mean over channels, H×W, scaled to [0, 1]; NaN is 0."""
    return np.clip(np.nan_to_num((values.mean(axis=0) - low) / (high - low)), 0, 1)
