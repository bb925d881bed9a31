"""Pictures for people: labelled panels side by side, and a sheet of many."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

GAP = 6
CAPTION = 22
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def panel_size(height: int, width: int, smallest: int = 256, largest: int = 512) -> tuple[int, int]:
    """Size at which a picture is shown: small ones enlarged by a whole factor."""
    longest = max(height, width)
    if longest > largest:
        return max(1, round(height * largest / longest)), max(1, round(width * largest / longest))
    factor = max(1, smallest // longest)
    return height * factor, width * factor


def side_by_side(panels: Sequence[tuple[str, np.ndarray]], size: tuple[int, int]) -> np.ndarray:
    """Put pictures next to each other, each with its label above it.

    Args:
        panels: (label, H×W×3 uint8 BGR picture); enlarged without interpolation,
            so that a person sees the pixels that there are.
        size: (height, width) of a panel.

    Returns:
        uint8 BGR picture.
    """
    height, width = size
    total = len(panels) * (width + GAP) + GAP
    canvas = np.full((CAPTION + height + GAP, total, 3), 255, dtype=np.uint8)
    for i, (label, picture) in enumerate(panels):
        left = GAP + i * (width + GAP)
        shrink = picture.shape[0] > height or picture.shape[1] > width
        method = cv2.INTER_AREA if shrink else cv2.INTER_NEAREST
        shown = cv2.resize(picture, (width, height), interpolation=method)
        canvas[CAPTION : CAPTION + height, left : left + width] = shown
        _write(canvas, label, left, width)
    return canvas


def panel(picture: np.ndarray, index: int, size: tuple[int, int]) -> np.ndarray:
    """One of the panels of :func:`side_by_side`, without its label.

    Args:
        picture: What that returned.
        index: From the left, from 0.
        size: (height, width) of a panel.
    """
    height, width = size
    left = GAP + index * (width + GAP)
    return picture[CAPTION : CAPTION + height, left : left + width]


def _write(canvas: np.ndarray, label: str, left: int, width: int) -> None:
    scale = 0.45
    # The next label begins GAP further: without a margin two of them read as one.
    room = width - 2 * GAP
    (text_width, _), _ = cv2.getTextSize(label, _FONT, scale, 1)
    if text_width > room:
        scale *= room / text_width
    cv2.putText(canvas, label, (left, CAPTION - 7), _FONT, scale, (0, 0, 0), 1, cv2.LINE_AA)


def stack(pictures: Sequence[np.ndarray], tallest: int = 4096) -> np.ndarray:
    """Pictures below each other, shrunk together if they would be too tall.

    Args:
        pictures: uint8 BGR pictures of any width.
        tallest: Height in pixels that the sheet may have.

    Returns:
        uint8 BGR picture.
    """
    width = max(p.shape[1] for p in pictures)
    padded = [
        cv2.copyMakeBorder(p, 0, 0, 0, width - p.shape[1], cv2.BORDER_CONSTANT, value=(255,) * 3)
        for p in pictures
    ]
    sheet = np.concatenate(padded)
    factor = tallest / len(sheet)
    if factor >= 1:
        return sheet
    return cv2.resize(sheet, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
