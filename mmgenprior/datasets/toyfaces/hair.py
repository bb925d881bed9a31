"""Hair and beards: a shape, strands that follow the comb, and a band of gloss."""

from __future__ import annotations

import math

import numpy as np

from mmgenprior.datasets.toyfaces.canvas import Array, Canvas, Patch, box, ellipse, ramp
from mmgenprior.datasets.toyfaces.head import Anatomy, outline, paint_shadow, shade
from mmgenprior.datasets.toyfaces.parameters import HAIR_STYLES, FaceParameters


def _strands(p: FaceParameters, place: Array) -> Array:
    """Random brightness in [0, 1] along ``place``, smooth between neighbouring strands."""
    low = np.floor(place)
    t = place - low
    index = low.astype(np.int32)
    table = p.strands.astype(np.float32)
    first, second = table[index & 511], table[(index + 1) & 511]
    return first + (second - first) * t * t * (3 - 2 * t)


def _colors(canvas: Canvas, p: FaceParameters, patch: Patch, curly: bool, depth: float) -> Array:
    """Colour 3×h×w of combed hair; ``depth`` < 1 is hair behind the head."""
    a, b = p.head
    u, v = patch.u, patch.v
    root = 0.35 * a * p.hair_part
    if curly:
        # Loose curls: noise of two sizes instead of strands.
        texture = 0.35 * canvas.texture(p.noise, patch)
        fine = p.strands[:484].reshape(22, 22)
        texture = texture + 0.65 * canvas.texture(fine, patch)
        texture = ramp(texture, 0.25, 0.75)
    else:
        fan = (u - root) / (np.abs(v + (1.15 * b)) + 0.45)
        wave = 0.012 * np.sin(v * 9 + (6.3 * p.hair_volume))
        texture = 0.65 * _strands(p, (fan + wave) * 21) + 0.35 * _strands(
            p, (fan + wave) * 47 + 200
        )
    nx, ny = u / (1.25 * a), (v + (0.1 * b)) / (1.3 * b)
    nz = np.sqrt(np.clip(1 - nx * nx - ny * ny, 0.05, 1))
    light = shade(p, (nx, ny, nz))
    tone = (0.62 + 0.62 * texture) * depth
    color = (p.hair + 0.012)[:, None, None] * light * tone
    if depth == 1:
        # Gloss lies across the strands, where they bend towards the light.
        ring = v + (0.78 * b) - 0.22 * np.abs(u - (0.3 * p.light[0]))
        gloss = np.exp(-((ring / 0.13) ** 2) - (u - (0.3 * p.light[0])) ** 2 * 4)
        gloss = gloss * (0.25 + 0.75 * texture) * (0.1 if curly else 0.2)
        color = color + gloss * ((0.55 * p.hair + 0.45) * p.light_color)[:, None, None]
    return color.astype(np.float32)


def _behind(p: FaceParameters, patch: Patch) -> Array | None:
    """Signed distance to the hair behind the head, if the style has any."""
    a, b = p.head
    u, v = patch.u, patch.v
    style, volume = HAIR_STYLES[p.hair_style], p.hair_volume
    if style == 'bob':
        wide = 1.16 * a + 0.07 * volume
        return np.minimum(
            ellipse(u, v + 0.2 * b, wide, 0.98 * b), box(u, v - 0.3 * b, wide, 0.5 * b, 0.16)
        )
    if style == 'long':
        wide = 1.14 * a + 0.08 * volume
        flow = 0.03 * np.sin(v * 7 + (6 * volume))
        return np.minimum(
            ellipse(u, v + 0.2 * b, wide, 0.98 * b),
            box(u + flow, v - 0.9 * b, wide + 0.04, 1.2 * b, 0.25),
        )
    if style == 'curly':
        angle = np.arctan2(v + (0.2 * b), u)
        knobs = np.sin(angle * 11 + (6.3 * volume)) * 0.016
        return (
            ellipse(u, v + 0.27 * b, (1.2 + 0.2 * volume) * a, (0.98 + 0.14 * volume) * b) + knobs
        )
    if style == 'bun':
        size = 0.2 + 0.07 * volume
        return ellipse(u - (0.12 * p.hair_part), v + (1.22 * b), 1.15 * size, size)
    return None


def paint_hair_behind(canvas: Canvas, p: FaceParameters) -> None:
    """What hangs behind neck and ears."""
    distance = _behind(p, canvas.whole)
    if distance is not None:
        curly = HAIR_STYLES[p.hair_style] == 'curly'
        bun = HAIR_STYLES[p.hair_style] == 'bun'
        color = _colors(canvas, p, canvas.whole, curly, 0.92 if curly or bun else 0.72)
        canvas.blend(canvas.whole, canvas.cover(distance), color)


def _in_front(p: FaceParameters, patch: Patch) -> tuple[Array, Array]:
    """Signed distances to the hair on the head and to its hairline (negative is hair)."""
    a, b = p.head
    u, v = patch.u, patch.v
    style, line, part = HAIR_STYLES[p.hair_style], p.hair_line, p.hair_part
    grow = {'short': 0.05, 'quiff': 0.06, 'bun': 0.03, 'shaved': 0.008, 'curly': 0.1}.get(
        style, 0.075
    )
    cap = outline(p, u, v + (0.25 * grow), grow)
    top = -b * (0.5 + 0.14 * line)  # height of the hairline in the middle
    across = u / a
    slope = across - (0.45 * math.copysign(1, part))
    if style == 'quiff':
        crest = ellipse(u - (0.12 * part), v + (0.97 * b), 0.82 * a, 0.2 + 0.08 * p.hair_volume)
        cap = np.minimum(cap, crest)
    if style == 'curly':
        cap = cap + 0.015 * np.sin(across * 17) * np.sin(v * 25)
    if style in ('parted', 'long'):
        # Falls to both sides from the parting.
        hairline = top - 0.06 + 0.34 * np.abs(slope) ** 1.5
        sides = 0.86 if style == 'parted' else 0.8
    elif style == 'bob':
        fringe = 0.12 + 0.05 * line
        hairline = -b * (0.3 + fringe) + 0.05 * across * across + 0 * u
        sides = 0.8
    else:
        hairline = top + 0.04 * across * part + 0.16 * across * across
        sides = 0.87
    if style in ('short', 'quiff', 'parted', 'shaved', 'bun'):
        length = {'bun': -0.05, 'shaved': 0.1}.get(style, 0.06 + 0.2 * line)
        ends = v - (length * b)
    else:
        ends = v - ({'bob': 0.7, 'long': 1.2, 'curly': 0.25}[style] * b)
    temple = (sides * a) - np.abs(u) + 0.12 * np.maximum(v, 0)
    below = np.minimum(v - hairline, np.maximum(temple, ends))
    return np.maximum(cap, below), below


def paint_hair(canvas: Canvas, p: FaceParameters) -> None:
    """What grows on the head, with the shadow it throws on the forehead."""
    a, b = p.head
    style = HAIR_STYLES[p.hair_style]
    patch = canvas.patch((-1.4 * a, 1.4 * a), (-1.6 * b, (1.0 if style == 'long' else 0.72) * b))
    distance, below = _in_front(p, patch)
    inside = canvas.cover(outline(p, patch.u, patch.v))
    if style != 'shaved':
        paint_shadow(canvas, patch, inside * ramp(below, 0.1, -0.02) * 0.6, p)
    color = _colors(canvas, p, patch, style == 'curly', 1)
    strength, soft = (0.5, 0.09) if style == 'shaved' else (1, 0.025)
    canvas.blend(patch, canvas.cover(distance, soft) * strength, color)


def paint_beard(canvas: Canvas, p: FaceParameters, anatomy: Anatomy) -> None:
    """Stubble, a boxed or a full beard, with a moustache."""
    a, b = p.head
    fullness = 0.35 + 0.65 * p.accessory[0]
    patch = canvas.patch((-1.2 * a, 1.2 * a), (0.0, 1.45 * b))
    u, v = patch.u, patch.v
    m = anatomy.middle
    grow = 0.02 + 0.09 * max(0.0, p.accessory[0] - 0.3)
    shape = outline(p, u, v - (0.6 * grow), grow)
    across = (u - (0.6 * m)) / a
    # The cheek line falls from the ear to the moustache.
    cheek = (0.52 - 0.5 * np.abs(across) ** 2.2 + 0.1 * (p.accessory[1] - 0.5)) * b
    chin_only = p.accessory[2] < 0.25
    if chin_only:
        cheek = cheek + 3 * np.maximum(np.abs(across) - 0.5, 0) * b
    region = np.maximum(shape, cheek - v)
    mu = u - m
    moustache_v = 0.5 * (anatomy.nose_v + 0.06 + anatomy.mouth_v) + 0.012
    bend = 0.9 * mu * mu - 0.018
    moustache = ellipse(mu, v - moustache_v - bend, 0.46 * a, 0.062)
    region = np.minimum(region, moustache)
    mouth = ellipse(
        mu,
        v - (anatomy.mouth_v + 0.012 + 0.03 * p.mouth_open),
        0.36 * a,
        0.075 + 0.05 * p.mouth_open,
    )
    region = np.maximum(region, -mouth)
    texture = 0.5 * canvas.texture(p.strands[:400].reshape(20, 20), patch)
    fan = mu / (np.abs(v + (0.2 * b)) + 0.4)
    texture = texture + 0.5 * _strands(p, fan * 60 + v * 4)
    nx, ny = u / (1.15 * a), v / (1.2 * b)
    nz = np.sqrt(np.clip(1 - nx * nx - ny * ny, 0.05, 1))
    tone = 0.6 + 0.65 * texture
    color = (0.88 * p.hair + 0.012)[:, None, None] * shade(p, (nx, ny, nz)) * tone
    canvas.blend(patch, canvas.cover(region, 0.06) * (0.55 + 0.42 * fullness), color)
