"""From the parameters of a face to its picture."""

from __future__ import annotations

import numpy as np

from mmgenprior.datasets.toyfaces.accessories import paint_glasses, paint_hat, paint_headphones
from mmgenprior.datasets.toyfaces.background import paint_backdrop, paint_body
from mmgenprior.datasets.toyfaces.canvas import Canvas
from mmgenprior.datasets.toyfaces.features import paint_brows, paint_eyes, paint_mouth
from mmgenprior.datasets.toyfaces.hair import paint_beard, paint_hair, paint_hair_behind
from mmgenprior.datasets.toyfaces.head import Anatomy, paint_ears, paint_face
from mmgenprior.datasets.toyfaces.parameters import CLASSES, FaceParameters, draw_parameters


def render_parameters(p: FaceParameters, size: int = 64, sampling: int = 2) -> np.ndarray:
    """Paint a face from back to front.

    Args:
        p: The face.
        size: Side in pixels.
        sampling: Samples per pixel and direction. Edges are blended by distance already, so that
            2 looks as 4 does (they differ by less than 1.5 grey levels on average).

    Returns:
        uint8 array size×size×3, RGB.
    """
    kind = CLASSES[p.label]
    canvas = Canvas(size, sampling, p.shift, p.roll, p.scale)
    anatomy = Anatomy(p)
    paint_backdrop(canvas, p)
    paint_hair_behind(canvas, p)
    paint_body(canvas, p)
    paint_ears(canvas, p)
    paint_face(canvas, p, anatomy)
    if kind == 'beard':
        paint_beard(canvas, p, anatomy)
    paint_mouth(canvas, p, anatomy)
    paint_eyes(canvas, p, anatomy)
    paint_brows(canvas, p, anatomy)
    paint_hair(canvas, p)
    if kind == 'glasses':
        paint_glasses(canvas, p, anatomy)
    elif kind == 'hat':
        paint_hat(canvas, p, anatomy)
    elif kind == 'headphones':
        paint_headphones(canvas, p)
    return canvas.finish()


def render_face(
    seed: int,
    split: str,
    index: int,
    size: int = 64,
    label: int | None = None,
) -> np.ndarray:
    """Picture number ``index`` of a split, uint8 size×size×3, RGB.

    Args:
        seed: Seed of the family.
        split: ``'train'`` or ``'test'``.
        index: Number of the picture.
        size: Side in pixels.
        label: Class; by default they take turns. See :func:`draw_parameters`.
    """
    return render_parameters(draw_parameters(seed, split, index, label), size)
