"""What is behind the head: a wall in the same light, shoulders, neck."""

from __future__ import annotations

import math

import numpy as np

from mmgenprior.datasets.toyfaces.canvas import Canvas, box, bump, ellipse, ramp
from mmgenprior.datasets.toyfaces.parameters import FaceParameters


def paint_backdrop(canvas: Canvas, p: FaceParameters) -> None:
    """A wall that is brighter towards the light: plain, blurred blobs, panels or a landscape."""
    x, y = canvas.x, canvas.y
    lit = (0.26 * p.light[0]) * x + (0.2 * p.light[1]) * y
    shade = 0.92 + lit
    color = p.backdrop * (0.5 * p.light_color + 0.5)
    other = np.clip(
        0.55 * p.backdrop[[1, 2, 0]] + 0.45 * p.accessory_trim * p.backdrop.mean(), 0, 1
    )
    if p.backdrop_kind == 0:
        shade = shade + 0.1 * (canvas.texture(p.noise[:5, :5]) - 0.5)
        mix = ramp(y, -1.2, 1.4) * 0.35
    elif p.backdrop_kind == 1:
        mix = ramp(canvas.texture(p.noise[:7, :7]), 0.2, 0.85) * 0.6
    elif p.backdrop_kind == 2:
        angle = 0.5 * math.pi * round(p.backdrop_phase * 4) / 4
        wave = x * math.cos(angle) + y * math.sin(angle)
        mix = ramp(np.sin(wave * 9 + (6.3 * p.backdrop_phase)), -0.5, 0.5)
        mix = mix * 0.3
    else:
        horizon = 0.3 * p.backdrop_phase - 0.1
        hills = 0.25 * (canvas.texture(p.noise[:6, :6]) - 0.5)
        mix = canvas.cover(horizon - y + hills, 0.12) * 0.85
        shade = shade * (1.06 - 0.16 * ramp(y, -1, 1))
    canvas.blend(canvas.whole, 1, color[:, None, None] * shade)
    canvas.blend(canvas.whole, mix, other[:, None, None] * shade)


def paint_body(canvas: Canvas, p: FaceParameters) -> None:
    """A shirt (plain, striped, with a collar, open) and the neck in the shadow of the head."""
    a, b = p.head
    patch = canvas.patch((-2.2, 2.2), (0.3 * b, 2.4))
    u, v = patch.u, patch.v
    lit = (0.86 + (0.3 * p.light[0]) * u)[None]
    top = 1.36 * b
    torso = np.minimum(
        ellipse(u, v - (top + 0.62), 1.05 + 0.2 * a, 0.66), box(u, v - (top + 0.5), 0.4, 0.62, 0.2)
    )
    canvas.blend(patch, canvas.cover(torso), p.shirt[:, None, None] * lit)
    inside = canvas.cover(torso)
    if p.shirt_kind == 1:
        stripes = ramp(np.sin(v * 26), -0.3, 0.3) * inside
        canvas.blend(patch, stripes * 0.75, p.shirt_trim[:, None, None] * lit)
    # Skin of neck and neckline.
    neck = box(u, v - b, 0.46 * a, 0.52 * b, 0.08)
    line = ellipse(u, v - (top + 0.02), 0.58 * a, 0.3 if p.shirt_kind == 3 else 0.17)
    skin = (
        p.skin[:, None, None] * lit * (0.9 * p.light_color + 0.1 * p.ambient_color)[:, None, None]
    )
    if p.shirt_kind == 2:
        collar = ellipse(u, v - (top + 0.02), 0.72 * a, 0.27)
        canvas.blend(patch, canvas.cover(collar), p.shirt_trim[:, None, None] * lit)
    canvas.blend(patch, canvas.cover(np.minimum(neck, line)), skin)
    shadow = bump(u + (0.14 * p.light[0]), v - 0.98 * b, 0.62 * a, 0.3)
    canvas.darken(patch, shadow * canvas.cover(np.minimum(neck, line)), (0.62, 0.52, 0.5))
