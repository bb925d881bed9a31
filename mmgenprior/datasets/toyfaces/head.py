"""The head itself: its outline, and skin shaded as a relief of gentle bumps."""

from __future__ import annotations

import math

import numpy as np

from mmgenprior.datasets.toyfaces.canvas import Array, Canvas, Patch, bump, ellipse
from mmgenprior.datasets.toyfaces.parameters import FaceParameters


class Anatomy:
    """Where the features are, in head coordinates.

    Attributes:
        middle: Horizontal position of nose and mouth (yaw moves it).
        eyes: Horizontal positions of the eyes; ``eye_v`` their height.
        nose_v: Height of the tip of the nose; ``mouth_v`` of the mouth.
    """

    def __init__(self, p: FaceParameters) -> None:
        a, b = p.head
        self.middle = 0.09 * p.yaw
        half = 0.43 * a * p.eye_spacing
        self.eyes = (0.8 * self.middle - half, 0.8 * self.middle + half)
        self.eye_v = -0.08 * b
        self.eye_a = 0.235 * a * p.eye_size
        self.nose_v = 0.27 * b * p.nose_length
        self.mouth_v = 0.56 * b


def outline(p: FaceParameters, u: Array, v: Array, grow: float = 0.0) -> Array:
    """Approximate signed distance to the outline of the head, enlarged by ``grow``."""
    a, b = p.head[0] + grow, p.head[1] + grow
    lower = np.clip(v / b, 0, 1)
    width = a * (1 - p.jaw * lower * lower)
    return (np.sqrt((u / width) ** 2 + (v / b) ** 2) - 1) * a


def shade(p: FaceParameters, normal: tuple[Array, Array, Array]) -> Array:
    """Diffuse shading 3×h×w of a surface, in the light of the picture."""
    nx, ny, nz = normal
    length = np.sqrt(nx * nx + ny * ny + nz * nz) + (1e-4)
    lx, ly, lz = p.light.astype(np.float32)
    # Wrapped, as light goes a little round the edge in skin and hair.
    lambert = np.clip((nx * lx + ny * ly + nz * lz) / length * 0.8 + 0.2, 0, 1)
    color = (0.36 * p.ambient_color)[:, None, None] + lambert * (0.76 * p.light_color)[
        :, None, None
    ]
    return color.astype(np.float32)


def paint_ears(canvas: Canvas, p: FaceParameters) -> None:
    """Two ears; yaw shows more of one."""
    a, b = p.head
    for side in (-1, 1):
        reach = 1.0 - 0.05 * side * p.yaw
        patch = canvas.patch(tuple(sorted((side * 0.7 * a, side * 1.3 * a))), (-0.3 * b, 0.45 * b))
        u, v = patch.u - (side * reach * a), patch.v - (0.07 * b)
        light = 0.84 + 0.22 * side * p.light[0]
        canvas.blend(
            patch,
            canvas.cover(ellipse(u, v, 0.1, 0.17)),
            p.skin * (light, light * 0.96, light * 0.95),
        )
        inner = canvas.cover(ellipse(u - (0.02 * side), v, 0.045, 0.1), 0.05)
        canvas.darken(patch, inner * 0.6, (0.72, 0.58, 0.55))


def paint_face(canvas: Canvas, p: FaceParameters, anatomy: Anatomy) -> None:
    """Skin with light on brow, nose, cheeks, lips' ground and chin."""
    a, b = p.head
    patch = canvas.patch((-1.05 * a, 1.05 * a), (-1.05 * b, 1.05 * b))
    u, v = patch.u, patch.v
    distance = outline(p, u, v)
    nx, ny = u / (1.12 * a), v / (1.15 * b)
    nz = np.sqrt(np.clip(1 - nx * nx - ny * ny, 0.02, 1))
    nx, ny = nx.copy(), ny.copy()
    m = anatomy.middle
    lower = anatomy.nose_v
    w = 0.16 * a * p.nose_width
    _raise(nx, ny, u - m, v - 0.35 * lower, 0.7 * w, 0.55 * (lower - anatomy.eye_v), 0.5)
    _raise(nx, ny, u - m, v - lower, 1.35 * w, 0.085, 0.75)
    _raise(nx, ny, u - m, v - 0.86 * b, 0.22 * a, 0.1, 0.3)
    for x in anatomy.eyes:
        _raise(nx, ny, u - x, v - anatomy.eye_v, 0.32 * a, 0.13, -0.42)
        _raise(nx, ny, u - 1.1 * x, v - 0.3 * b, 0.3 * a, 0.16, 0.24)
    light = shade(p, (nx, ny, nz))
    texture = canvas.texture(p.noise[4:, 4:], patch)
    color = p.skin[:, None, None] * light * (0.97 + 0.06 * texture)
    # Skin is redder where light gets through it: in the shade, on cheeks and nose.
    red = (
        0.5
        * p.blush
        * sum(bump(u - (1.2 * x), v - (0.28 * b), 0.25 * a, 0.14) for x in anatomy.eyes)
    )
    red = red + 0.5 * (1 - np.minimum(light[1], 1))
    color *= 1 - red * np.array([0.02, 0.22, 0.2], np.float32)[:, None, None]
    color = color.astype(np.float32)
    shine = bump(u - (m + 0.03 * math.copysign(1, p.light[0])), v - (0.86 * lower), 0.05, 0.07)
    shine = shine + 0.6 * bump(u - (0.3 * p.light[0]), v + (0.52 * b), 0.2, 0.12)
    color += (0.1 * shine) * p.light_color[:, None, None]
    canvas.blend(patch, canvas.cover(distance), color)
    _paint_nostrils(canvas, p, anatomy, w)


def _raise(nx: Array, ny: Array, u: Array, v: Array, a: float, b: float, height: float) -> None:
    """Tilt the normals by a Gaussian hill of the given half widths."""
    hill = bump(u, v, a, b) * (1.4 * height)
    nx += hill * u / a
    ny += hill * v / b * 0.8


def _paint_nostrils(canvas: Canvas, p: FaceParameters, anatomy: Anatomy, w: float) -> None:
    m, n = anatomy.middle, anatomy.nose_v
    patch = canvas.patch((m - 3 * w, m + 3 * w), (n - 0.1, n + 0.2))
    u, v = patch.u - m, patch.v - (n + 0.06)
    side = np.abs(u) - (0.75 * w)
    hole = canvas.cover(ellipse(side, v - 0.25 * np.abs(u), 0.036, 0.022), 0.035)
    canvas.darken(patch, hole * 0.8, (0.42, 0.3, 0.3))
    under = bump(u + (0.05 * p.light[0]), v - 0.035, 1.2 * w, 0.035)
    canvas.darken(patch, under * 0.4, (0.68, 0.55, 0.54))


def paint_shadow(canvas: Canvas, patch: Patch, alpha: Array, p: FaceParameters) -> None:
    """A soft shadow that something throws on the face."""
    canvas.darken(patch, np.clip(alpha, 0, 1), (0.7, 0.6, 0.58))
