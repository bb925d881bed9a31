"""The grid that faces are painted on, and the few shapes that they are made of."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

Array = np.ndarray


@lru_cache(maxsize=8)
def _grid(side: int) -> tuple[Array, Array]:
    """Pixel centres in [-1, 1], right and down, each side×side."""
    line = ((np.arange(side) + 0.5) * (2 / side) - 1).astype(np.float32)
    return np.broadcast_to(line, (side, side)), np.broadcast_to(line[:, None], (side, side))


@lru_cache(maxsize=16)
def _stretch(knots: int, side: int) -> Array:
    """Matrix side×knots of the smooth interpolation between knots."""
    place = (np.arange(side) + 0.5) / side * (knots - 1)
    low = np.minimum(place.astype(int), knots - 2)
    t = place - low
    t = t * t * (3 - 2 * t)
    matrix = np.zeros((side, knots), np.float32)
    matrix[np.arange(side), low] = 1 - t
    matrix[np.arange(side), low + 1] = t
    return matrix


def ellipse(u: Array, v: Array, a: float, b: float) -> Array:
    """Approximate signed distance to an ellipse with half axes ``a`` and ``b``, negative inside."""
    return (np.sqrt((u / a) ** 2 + (v / b) ** 2) - 1) * min(a, b)


def box(u: Array, v: Array, a: float, b: float, radius: float) -> Array:
    """Signed distance to a rounded box with half sides ``a`` and ``b``."""
    x, y = np.abs(u) - (a - radius), np.abs(v) - (b - radius)
    outside = np.sqrt(np.maximum(x, 0) ** 2 + np.maximum(y, 0) ** 2)
    return outside + np.minimum(np.maximum(x, y), 0) - radius


def bump(u: Array, v: Array, a: float, b: float) -> Array:
    """Gaussian of widths ``a`` and ``b``, 1 at the origin."""
    return np.exp(-((u / a) ** 2) - (v / b) ** 2)


def ramp(x: Array, low: float, high: float) -> Array:
    """Smooth step from 0 at ``low`` to 1 at ``high``."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


class Patch:
    """A rectangle of the canvas with head coordinates.

    Attributes:
        u: Right, in half image sides, origin at the centre of the head.
        v: Down.
        rows: The rows of the canvas; ``columns`` its columns.
    """

    def __init__(self, canvas: Canvas, rows: slice, columns: slice) -> None:
        self.rows, self.columns = rows, columns
        self.u, self.v = canvas.u[rows, columns], canvas.v[rows, columns]


class Canvas:
    """An RGB picture under the pose of a head.

    An edge is blended over one pixel by its distance, which together with the
    averaging of :meth:`finish` is smoother than hard edges at twice the sampling.

    Args:
        side: Side of the final image in pixels.
        sampling: Samples per pixel and direction.
        shift: Centre of the head (right, down).
        roll: Its rotation in radians.
        scale: Its size.
    """

    def __init__(
        self, side: int, sampling: int, shift: tuple[float, float], roll: float, scale: float
    ) -> None:
        self.sampling = sampling
        self.side = side * sampling
        self.x, self.y = _grid(self.side)
        x, y = self.x - shift[0], self.y - shift[1]
        cos, sin = math.cos(roll), math.sin(roll)
        self.u = x * (cos / scale) + y * (sin / scale)
        self.v = y * (cos / scale) - x * (sin / scale)
        self.pixel = 2 / (self.side * scale)
        self._pose = (shift, cos * scale, sin * scale)
        self.rgb = np.zeros((3, self.side, self.side), np.float32)
        self.whole = Patch(self, slice(0, self.side), slice(0, self.side))

    def patch(self, u: tuple[float, float], v: tuple[float, float]) -> Patch:
        """The smallest rectangle that holds the given ranges of head coordinates."""
        shift, cos, sin = self._pose
        corners = [
            (a * cos - b * sin + shift[0], a * sin + b * cos + shift[1]) for a in u for b in v
        ]
        low = [int(np.floor((min(c) + 1) / 2 * self.side)) for c in zip(*corners)]
        high = [int(np.ceil((max(c) + 1) / 2 * self.side)) for c in zip(*corners)]
        columns, rows = (slice(max(lo, 0), max(hi, 0)) for lo, hi in zip(low, high))
        return Patch(self, rows, columns)

    def cover(self, distance: Array, softness: float = 0.0) -> Array:
        """Opacity in [0, 1] of the inside of a shape, whose edge is ``softness`` wide."""
        width = max(self.pixel, softness)
        return np.clip(0.5 - distance / width, 0, 1)

    def blend(self, patch: Patch, alpha: Array, color: Array) -> None:
        """Paint ``color`` (3, or 3×h×w) with opacity ``alpha`` (h×w)."""
        color = np.asarray(color, np.float32)
        color = color[:, None, None] if color.ndim == 1 else color
        view = self.rgb[:, patch.rows, patch.columns]
        view += alpha * (color - view)

    def darken(self, patch: Patch, alpha: Array, factor: Array | tuple) -> None:
        """Multiply the picture by ``factor`` (3) where ``alpha`` is 1."""
        factor = np.asarray(factor, np.float32)[:, None, None]
        view = self.rgb[:, patch.rows, patch.columns]
        view *= 1 - alpha * (1 - factor)

    def texture(self, knots: Array, patch: Patch | None = None) -> Array:
        """Smooth noise in [0, 1] through the square array ``knots``, over the whole canvas."""
        stretch = _stretch(len(knots), self.side)
        rows, columns = (stretch, stretch)
        if patch is not None:
            rows, columns = stretch[patch.rows], stretch[patch.columns]
        return rows @ knots @ columns.T

    def finish(self) -> Array:
        """Average the samples of each pixel: side×side×3, uint8 RGB."""
        n = self.sampling
        image = sum(self.rgb[:, i::n, j::n] for i in range(n) for j in range(n)) / n**2
        return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
