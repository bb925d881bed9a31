"""Glasses, hats and headphones: the things that make a class."""

from __future__ import annotations

import numpy as np

from mmgenprior.datasets.toyfaces.canvas import Canvas, box, bump, ellipse, ramp
from mmgenprior.datasets.toyfaces.head import Anatomy, outline, paint_shadow, shade
from mmgenprior.datasets.toyfaces.parameters import FaceParameters


def paint_glasses(canvas: Canvas, p: FaceParameters, anatomy: Anatomy) -> None:
    """Round or square rims; clear, tinted or dark lenses with a reflection of the light."""
    a = p.head[0]
    wide, round_ = 0.36 * a + 0.03 * p.accessory[0], p.accessory[1] < 0.5
    high = wide * (0.92 if round_ else 0.72)
    rim = 0.022 + 0.022 * p.accessory[2]
    color = 0.75 * p.accessory_color + 0.25 * p.accessory_color.mean()
    color = color * (0.3 if p.accessory[3] < 0.5 else 0.85)
    dark = p.accessory[4] > 0.72
    patch = canvas.patch((-1.15 * a, 1.15 * a), (anatomy.eye_v - 0.36, anatomy.eye_v + 0.36))
    v = patch.v - (anatomy.eye_v + 0.02)
    rims, lenses = None, None
    for x in anatomy.eyes:
        u = patch.u - (1.04 * x)
        lens = ellipse(u, v, wide, high) if round_ else box(u, v, wide, high, 0.4 * high)
        lenses = lens if lenses is None else np.minimum(lenses, lens)
    rims = np.abs(lenses) - rim
    bridge = np.maximum(
        np.abs(v + 0.03 + 0.4 * (patch.u - anatomy.middle) ** 2) - rim,
        np.abs(patch.u - (0.5 * sum(anatomy.eyes))) - (0.2 * a),
    )
    reach = np.abs(patch.u - (0.5 * sum(anatomy.eyes)))
    temple = np.maximum(np.abs(v + 0.04) - rim, 0.72 * a - reach)
    temple = np.maximum(temple, outline(p, patch.u, patch.v, 0.03))
    frame = np.minimum(np.minimum(rims, bridge), np.maximum(temple, -lenses))
    paint_shadow(canvas, patch, canvas.cover(np.abs(frame) - 0.02, 0.08) * 0.35, p)
    inside = canvas.cover(lenses)
    if dark:
        gradient = np.clip(0.9 - 0.9 * ramp(v, -0.1, 0.25), 0.55, 0.9)
        canvas.blend(patch, inside * gradient, 0.3 * p.accessory_trim * 0.5 + 0.02)
    else:
        canvas.blend(patch, inside * 0.1, p.accessory_trim)
    # One slanted reflection per lens, on the side of the light.
    gleam = np.sin((patch.u * 1.0 + v * 0.8 - (0.1 * p.light[0])) * 13)
    gleam = ramp(gleam, 0.55, 0.95) * ramp(-v, -0.14, 0.12)
    canvas.blend(patch, inside * gleam * (0.34 if dark else 0.22), 0.95 * p.light_color)
    light = 0.85 + 0.3 * p.light[0] * patch.u - 0.5 * v
    canvas.blend(patch, canvas.cover(frame), color[:, None, None] * light)


def paint_hat(canvas: Canvas, p: FaceParameters, anatomy: Anatomy) -> None:
    """A beanie with a fold, a cap with a peak, or a hat with a brim and a band."""
    a, b = p.head
    kind = int(p.accessory[0] * 3)
    patch = canvas.patch((-1.75 * a, 1.75 * a), (-1.75 * b, 0.1 * b))
    u, v = patch.u, patch.v
    edge = -b * (0.46 + 0.1 * p.accessory[1])
    nx, ny = u / (1.2 * a), (v + (0.2 * b)) / (1.35 * b)
    nz = np.sqrt(np.clip(1 - nx * nx - ny * ny, 0.04, 1))
    light = shade(p, (nx, ny, nz)) * 1.02
    # The edge goes round the head: a beanie and a cap come lower at the sides, a brim turns up.
    bend = (0.16 if kind == 2 else -0.05) * (u / a) ** 2
    main, trim = p.accessory_color[:, None, None], p.accessory_trim[:, None, None]
    face = canvas.cover(outline(p, u, v))
    drop = (-0.04 if kind == 0 else 0.13) - bend * 0.6
    paint_shadow(canvas, patch, face * ramp(v - edge - drop, 0.1, -0.05), p)
    if kind == 0:
        dome = np.maximum(
            ellipse(u, v - edge, 1.14 * a, 0.72 * b + 0.06 * p.accessory[2]), v - edge + bend
        )
        knit = 1 + 0.1 * np.sin(u * 60 / (1.2 + 0.5 * np.abs(v)))
        canvas.blend(patch, canvas.cover(dome), main * light * knit)
        if p.accessory[3] > 0.45:
            stripe = canvas.cover(np.abs(v - edge + bend + 0.25) - 0.045)
            canvas.blend(patch, stripe * canvas.cover(dome), trim * light * knit)
        fold = box(u, v - edge + bend, 1.17 * a, 0.1, 0.05)
        ribs = 0.94 + 0.14 * np.sin(u * 46)
        canvas.blend(
            patch,
            canvas.cover(fold),
            (trim if p.accessory[4] > 0.5 else main * 0.86) * light * ribs,
        )
        if p.accessory[5] > 0.4:
            ball = ellipse(u, v - (edge - 0.76 * b), 0.17, 0.16)
            fluff = 0.8 + 0.35 * canvas.texture(p.strands[:484].reshape(22, 22), patch)
            canvas.blend(patch, canvas.cover(ball, 0.05), trim * light * fluff)
    elif kind == 1:
        dome = np.maximum(ellipse(u, v - edge - 0.02, 1.14 * a, 0.74 * b), v - edge + 0.7 * bend)
        panels = 1 - 0.1 * ramp(np.abs(np.abs(u) - (0.3 * a) * (1 + v)), 0.03, 0.0)
        canvas.blend(patch, canvas.cover(dome), main * light * panels)
        badge = ellipse(u - (0.5 * anatomy.middle), v - (edge - 0.26), 0.13, 0.1)
        canvas.blend(patch, canvas.cover(badge), trim * light)
        turn = 1.6 * anatomy.middle
        peak = np.maximum(
            ellipse(u - turn, v - edge + 0.02, 1.02 * a, 0.17),
            -0.35 * (u - turn) ** 2 - (v - edge + 0.06),
        )
        tone = 0.62 + 0.3 * ramp(v - edge, 0.12, -0.05)
        canvas.blend(
            patch, canvas.cover(peak), (trim if p.accessory[3] > 0.6 else main) * light * tone
        )
    else:
        crown = np.maximum(
            box(u, v - edge + 0.27, 0.88 * a - 0.12 * (v - edge), 0.34, 0.14), v - edge
        )
        dent = 1 - 0.2 * bump(u, v - (edge - 0.6), 0.1, 0.14)
        weave = 1 + 0.05 * np.sin(u * 90) * np.sin(v * 90)
        canvas.blend(patch, canvas.cover(crown), main * light * dent * weave)
        band = canvas.cover(np.abs(v - edge + 0.06 + 0.2 * bend) - 0.065) * canvas.cover(crown)
        canvas.blend(patch, band, trim * light * 0.9)
        brim = ellipse(u, v - edge - 0.02 + 0.5 * bend, 1.52 * a, 0.1 + 0.04 * p.accessory[2])
        tone = 0.74 + 0.34 * ramp(v - edge, 0.1, -0.06)
        canvas.blend(patch, canvas.cover(brim), main * light * tone * weave)


def paint_headphones(canvas: Canvas, p: FaceParameters) -> None:
    """A band over the hair and two padded shells."""
    a, b = p.head
    thick = 0.04 + 0.03 * p.accessory[0]
    reach = 1.16 * a
    base = p.accessory_color * 0.9
    patch = canvas.patch((-1.7 * a, 1.7 * a), (-1.5 * b, 0.6 * b))
    u, v = patch.u, patch.v
    arc = ellipse(u, v - 0.02, reach, 1.19 * b)
    band = np.maximum(np.abs(arc) - thick, v - 0.05)
    light = 0.9 + 0.32 * p.light[0] * u - 0.12 * v
    tube = light * (0.72 + 0.4 * np.clip(1 - np.abs(arc + 0.02) / thick, 0, 1))
    canvas.blend(patch, canvas.cover(band), base[:, None, None] * tube)
    high = 0.2 + 0.06 * p.accessory[1]
    for side in (-1, 1):
        cu = u - (side * (1.06 * a + 0.02) - 0.02 * p.yaw)
        cv = v - (0.06 * b)
        pad = box(cu + (0.045 * side), cv, 0.085, high * 1.02, 0.075)
        canvas.blend(
            patch,
            canvas.cover(pad),
            np.full(3, 0.12, np.float32)[:, None, None] * (1.3 + 0.8 * light),
        )
        shell = box(cu - (0.035 * side), cv, 0.095, 0.92 * high, 0.08)
        sheen = light * (0.8 + 0.35 * ramp(-cv, -high, high))
        canvas.blend(patch, canvas.cover(shell), base[:, None, None] * sheen)
        ring = np.abs(ellipse(cu - (0.05 * side), cv, 0.055, 0.45 * high)) - 0.016
        canvas.blend(patch, canvas.cover(ring), p.accessory_trim[:, None, None] * light)
