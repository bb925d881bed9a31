"""Sequences of pictures: frames, an animated GIF, a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from mmgenprior.images import bgr255, to_uint8
from mmgenprior.utils.files import write_png
from mmgenprior.visualization.panels import panel_size, side_by_side, stack


def to_bgr(image: Tensor) -> np.ndarray:
    """3×H×W RGB in [0, 1] → H×W×3 uint8 BGR."""
    return to_uint8(bgr255(image.detach().cpu().float()))


def write_frames(
    folder: Path, name: str, images: Tensor, numbers: Sequence[int] | None = None
) -> None:
    """Write N×3×H×W pictures, RGB in [0, 1], as ``<name>_00.png`` and so on, or by ``numbers``."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, image in zip(numbers or range(len(images)), images):
        write_png(folder / f'{name}_{i:02d}.png', to_bgr(image))


def write_gif(path: Path, images: Tensor, milliseconds: int = 100, back: bool = True) -> None:
    """Write an animation that repeats for ever.

    Args:
        path: The file.
        images: N×3×H×W, RGB in [0, 1].
        milliseconds: Duration of a frame.
        back: Play it backwards too, so that it has no jump.
    """
    frames = [Image.fromarray(to_bgr(image)[..., ::-1].copy()) for image in images]
    if back:
        frames += frames[-2:0:-1]
    path.parent.mkdir(parents=True, exist_ok=True)
    first, *others = frames
    first.save(path, save_all=True, append_images=others, duration=milliseconds, loop=0)


def write_sheet(path: Path, rows: Sequence[tuple[Sequence[str], Tensor]]) -> None:
    """Write rows of labelled pictures below each other.

    Args:
        path: The file.
        rows: Labels (N) and images N×3×H×W, RGB in [0, 1].
    """
    strips = []
    for labels, images in rows:
        panels = [(label, to_bgr(image)) for label, image in zip(labels, images, strict=True)]
        strips.append(side_by_side(panels, panel_size(*images.shape[-2:], smallest=128)))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, stack(strips))
