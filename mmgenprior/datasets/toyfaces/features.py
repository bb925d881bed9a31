"""Eyes, brows and mouth."""

from __future__ import annotations

import math

import numpy as np

from mmgenprior.datasets.toyfaces.canvas import Canvas, bump, ramp
from mmgenprior.datasets.toyfaces.head import Anatomy
from mmgenprior.datasets.toyfaces.parameters import FaceParameters

_WHITE = np.array([0.95, 0.94, 0.92], np.float32)


def paint_eyes(canvas: Canvas, p: FaceParameters, anatomy: Anatomy) -> None:
    """White, iris with a darker rim, pupil, reflection of the light, lids and lashes."""
    a = anatomy.eye_a
    height = 0.66 * a * p.eye_open
    lash = 0.35 * p.hair + 0.02
    for x in anatomy.eyes:
        patch = canvas.patch(
            (x - 1.8 * a, x + 1.8 * a), (anatomy.eye_v - 2 * a, anatomy.eye_v + 2 * a)
        )
        u, v = patch.u - x, patch.v - anatomy.eye_v
        side = math.copysign(1, x - anatomy.middle)
        t = u / a
        arch = np.maximum(1 - t * t, 0)
        tilt = (0.08 * a) * t * (-side)
        upper, lower = -height * arch + tilt, 0.62 * height * arch + tilt
        slit = np.maximum(np.maximum(upper - v, v - lower), np.abs(u) - a)
        white = _WHITE * (0.45 * p.light_color + 0.45 * p.ambient_color)
        opening = canvas.cover(slit)
        canvas.blend(patch, opening, white)
        canvas.darken(patch, opening * ramp(v - upper, 0.09, 0.0), (0.62, 0.6, 0.64))
        iu, iv = u - (0.3 * a * p.gaze[0]), v - (0.22 * a * p.gaze[1] - 0.1 * height)
        radius = np.sqrt(iu * iu + iv * iv)
        iris = canvas.cover(radius - (0.54 * a)) * opening
        glow = 1.15 + (iv - iu * p.light[0]) * (1.6 / a) * 0.35
        glow = glow * (1 - 0.55 * ramp(radius, 0.36 * a, 0.56 * a))
        canvas.blend(patch, iris, p.iris[:, None, None] * glow)
        canvas.blend(
            patch, canvas.cover(radius - (0.24 * a)) * opening, np.full(3, 0.03, np.float32)
        )
        hu, hv = iu - (0.24 * a * p.light[0]), iv + (0.22 * a)
        glint = canvas.cover(np.sqrt(hu * hu + hv * hv) - (0.13 * a), 0.03) * opening
        canvas.blend(patch, glint, 0.97 * p.light_color)
        inside = np.abs(u) - (1.06 * a)
        lid = np.maximum(np.abs(v - upper) - 0.018, inside)
        canvas.blend(patch, canvas.cover(lid, 0.03) * 0.88, lash)
        fold = np.maximum(np.abs(v - upper + 0.055) - 0.006, inside)
        canvas.darken(patch, canvas.cover(fold, 0.04) * 0.7, (0.7, 0.58, 0.55))
        bag = np.maximum(np.abs(v - lower - 0.01) - 0.006, inside)
        canvas.darken(patch, canvas.cover(bag, 0.03) * 0.45, (0.7, 0.56, 0.54))


def paint_brows(canvas: Canvas, p: FaceParameters, anatomy: Anatomy) -> None:
    """Two tapering arcs of hair; height and tilt are most of the expression."""
    a = 0.25 * p.head[0]
    base = anatomy.eye_v - 0.17 - 0.06 * p.brow_height - 0.03 * (p.eye_open - 0.6)
    color = 0.8 * p.hair + 0.03
    if p.hair.mean() > 0.5:
        color = 0.62 * color + 0.1 * p.skin
    for x in anatomy.eyes:
        side = math.copysign(1, x - anatomy.middle)
        patch = canvas.patch((x - 1.5 * a, x + 1.5 * a), (base - 0.2, base + 0.2))
        t = (patch.u - x) * (side / a)  # -1 at the nose, 1 at the temple
        arc = base + 0.042 * (t - 0.15) ** 2 + (0.04 * p.brow_tilt + 0.012) * t
        thick = (0.034 * p.brow_weight) * np.clip(1.1 - 0.55 * t, 0.2, 1.6)
        shape = np.maximum(np.abs(patch.v - arc) - thick, (np.abs(t) - 1.1) * a)
        hairs = p.strands[((t * 40 + patch.v * 60).astype(np.int32)) & 511].astype(np.float32)
        alpha = canvas.cover(shape, 0.035) * (0.72 + 0.28 * hairs)
        canvas.blend(patch, alpha, color)


def paint_mouth(canvas: Canvas, p: FaceParameters, anatomy: Anatomy) -> None:
    """Lips along a parabola; when open, teeth and the dark behind them."""
    a = 0.36 * p.head[0] * p.mouth_width
    m, centre = anatomy.middle * 0.95, anatomy.mouth_v
    patch = canvas.patch((m - 1.6 * a, m + 1.6 * a), (centre - 0.3, centre + 0.36))
    u, v = patch.u - m, patch.v - centre
    t = u / a
    curve = (0.085 * p.smile) * (0.45 - t * t)
    arch = np.maximum(1 - t * t, 0)
    root = np.sqrt(arch)
    gap = (0.13 * p.mouth_open) * arch
    top, bottom = curve - 0.25 * gap, curve + 0.75 * gap
    bow = 0.8 + 0.2 * np.minimum(np.abs(t) * 5, 1)
    upper_edge = top - (0.042 * p.lip_weight) * root * bow
    lower_edge = bottom + (0.06 * p.lip_weight) * root
    sides = np.abs(u) - a
    lips = canvas.cover(np.maximum(np.maximum(upper_edge - v, v - lower_edge), sides), 0.02)
    relief = (
        1
        - 0.16 * (v < curve).astype(np.float32)
        + 0.2 * bump(u - (0.05 * p.light[0]), v - lower_edge + 0.035, 0.5 * a, 0.018)
    )
    light = 0.5 * p.light_color + 0.42 * p.ambient_color
    side_light = 1 + (0.35 * p.light[0]) * u
    canvas.blend(patch, lips, (p.lips * light)[:, None, None] * (relief * side_light))
    if p.mouth_open > 0.08:
        hole = canvas.cover(np.maximum(np.maximum(top - v, v - bottom), sides))
        canvas.blend(patch, hole, np.array([0.22, 0.07, 0.08], np.float32))
        teeth = canvas.cover(v - (top + 0.62 * gap)) * hole
        canvas.blend(patch, teeth, np.array([0.94, 0.92, 0.88], np.float32) * light)
    else:
        seam = np.maximum(np.abs(v - curve) - 0.008, sides - 0.015)
        canvas.darken(patch, canvas.cover(seam, 0.028) * 0.85, (0.42, 0.28, 0.28))
    for side in (-1, 1):
        corner = bump(u - (side * 1.06 * a), v + (0.047 * p.smile), 0.04, 0.035)
        canvas.darken(patch, corner * 0.45, (0.62, 0.48, 0.46))
    below = bump(u, v - lower_edge - 0.04, 0.6 * a, 0.03)
    canvas.darken(patch, below * 0.35, (0.7, 0.58, 0.56))
