"""Smooth filling of holes: the surface that a soap film makes over their rim."""

from __future__ import annotations

import cv2
import numpy as np

from mmgenprior.photos.values import Array

# Relaxations a level; what is coarser comes from the level below, so few are enough.
_SWEEPS = 40


def membrane(values: Array, hole: Array) -> Array:
    """The harmonic function in a hole that continues what surrounds it (Laplace's equation).

    From coarse to fine (Bornemann and Deuflhard 1996), so that time and memory grow with the number
    of pixels alone; beyond the border of the picture nothing pulls.

    Args:
        values: H×W×C floats; what it has in the hole is not looked at.
        hole: H×W bool.

    Returns:
        H×W×C: the values themselves outside the hole. Zero everywhere in a hole without a rim.
    """
    if not hole.any():
        return values
    weights = (~hole).astype(values.dtype)
    return _filled(values * weights[..., None], weights)


def _filled(sums: Array, weights: Array) -> Array:
    """Means of the known pixels where there are any, their continuation elsewhere."""
    hole = weights == 0
    known = sums / np.where(hole, 1, weights)[..., None]
    if not hole.any() or hole.all():
        return known
    height, width = hole.shape
    # Blocks of two by two; the border's are filled up with nothing.
    even = ((0, height % 2), (0, width % 2))
    halves = (height + 1) // 2, (width + 1) // 2
    coarse = _filled(
        np.pad(sums, (*even, (0, 0))).reshape(halves[0], 2, halves[1], 2, -1).mean((1, 3)),
        np.pad(weights, even).reshape(halves[0], 2, halves[1], 2).mean((1, 3)),
    )
    size = 2 * halves[1], 2 * halves[0]
    start = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)[:height, :width]
    start = start.reshape(known.shape)  # a single channel loses its axis
    filled = np.where(hole[..., None], start, known)
    rows, columns = _box(hole)
    return _relaxed(filled, hole, rows, columns)


def _box(hole: Array) -> tuple[slice, slice]:
    """Rows and columns of the hole and of the pixels next to it."""
    slices = []
    for axis in (1, 0):
        where = np.flatnonzero(hole.any(axis))
        slices.append(slice(max(0, where[0] - 1), where[-1] + 2))
    return slices[0], slices[1]


def _relaxed(filled: Array, hole: Array, rows: slice, columns: slice) -> Array:
    part, inside = filled[rows, columns], hole[rows, columns, None]
    for _ in range(_SWEEPS):
        edged = np.pad(part, ((1, 1), (1, 1), (0, 0)), 'edge')
        mean = (edged[:-2, 1:-1] + edged[2:, 1:-1] + edged[1:-1, :-2] + edged[1:-1, 2:]) / 4
        part = np.where(inside, mean, part)
    filled[rows, columns] = part
    return filled
