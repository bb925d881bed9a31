"""What a browser is shown of a restored photo, as files in the folder of its session."""

from __future__ import annotations

import html
import math
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from mmgenprior.api.restoration import Restoration, map_image, picture_of

if TYPE_CHECKING:
    from mmgenprior.app.bench import Wish

# Sides of what is shown: small pictures are magnified pixel for pixel, large ones reduced.
_LEAST, _MOST = 400, 1200
# How much of the photo is shown around a face, in its sides.
_AROUND = 1.25
# Deviation that is drawn brightest, of values in [0, 1].
_DEVIATION = 0.15


@dataclass(frozen=True)
class Shown:
    """Files and words of a result.

    Attributes:
        before: The photo at the size of the result, reduced for a screen.
        after: The result, likewise.
        close_ups: The same of the first square that was restored; None where it is all.
        pictures: Name of a tab → picture, of those that the method knows.
        samples: Draws, one after the other.
        result: The result in full.
        archive: Everything in one ZIP file.
        words: HTML: what was assumed, and how well the result explains the photo.
    """

    before: Path
    after: Path
    close_ups: tuple[Path, Path] | None
    pictures: dict[str, Path]
    samples: tuple[Path, ...]
    result: Path
    archive: Path
    words: str = field(repr=False)


def show(restoration: Restoration, wish: Wish, folder: Path) -> Shown:
    """Write a result, and what is shown of it.

    Args:
        restoration: The result.
        wish: What was asked.
        folder: Of the session; results of before are removed.
    """
    full, small = folder / 'result', folder / 'shown'
    for each in (full, small):
        shutil.rmtree(each, ignore_errors=True)
        each.mkdir()
    paths = restoration.save(full)
    if wish.known is not None:
        mask = Image.fromarray(np.where(wish.known, 255, 0).astype(np.uint8))
        mask.save(full / f'{restoration.name}_mask.png')

    def write(name: str, picture: Image.Image) -> Path:
        path = small / f'{restoration.name}_{name}.png'
        picture.save(path, compress_level=1)
        return path

    before = _at_size(restoration.given, restoration.pixels.shape)
    pictures = {
        name: write(name, for_screen(picture_of(pixels)))
        for name in ('mean', 'sample')
        if (pixels := restoration.variants.get(name)) is not None
    }
    for name, high in dict(std=_DEVIATION, hallucination=1.0, phi=1.0).items():
        values = getattr(restoration, name)
        if values is not None:
            pictures[name] = write(name, for_screen(map_image(values, high)))
    if 'film' in paths:
        pictures['film'] = paths['film']
    box = _close_up(restoration)
    close_ups = None
    if box is not None:
        close_ups = tuple(
            write(name, for_screen(picture_of(pixels[box])))
            for name, pixels in (('before_close', before), ('after_close', restoration.pixels))
        )
    return Shown(
        before=write('before', for_screen(picture_of(before))),
        after=write('after', for_screen(restoration.image)),
        close_ups=close_ups,
        pictures=pictures,
        samples=tuple(
            write(f'sample{i}', for_screen(picture_of(pixels[box] if box else pixels)))
            for i, pixels in enumerate(restoration.samples, start=1)
        ),
        result=paths['restored'],
        archive=_archive(full, restoration.name, folder),
        words=words_of(restoration, wish),
    )


def for_screen(picture: Image.Image) -> Image.Image:
    """A picture of a size to look at: whole pixels magnified, or all of it reduced."""
    longest = max(picture.size)
    if longest > _MOST:
        picture = picture.copy()
        picture.thumbnail((_MOST, _MOST), Image.Resampling.LANCZOS)
        return picture
    times = math.ceil(_LEAST / longest)
    size = tuple(side * times for side in picture.size)
    return picture.resize(size, Image.Resampling.NEAREST) if times > 1 else picture


def _at_size(pixels: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """A photo at the size of its result, pixel for pixel."""
    if pixels.shape[:2] == tuple(shape[:2]):
        return pixels
    return cv2.resize(pixels, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)


def _close_up(restoration: Restoration) -> tuple[slice, slice] | None:
    """Rows and columns around the first square, where it is less than half of the result."""
    placement = restoration.parts[0].placement if restoration.parts else None
    if placement is None:
        return None
    height, width = restoration.pixels.shape[:2]
    half = placement.side * _AROUND / 2
    if 2 * half > 0.7 * max(height, width):
        return None
    x, y = placement.centre
    return (
        slice(max(0, round(y - half)), min(height, round(y + half))),
        slice(max(0, round(x - half)), min(width, round(x + half))),
    )


def _archive(full: Path, name: str, folder: Path) -> Path:
    path = folder / f'{name}.zip'
    # Pictures are compressed already.
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_STORED) as archive:
        for file in sorted(full.iterdir()):
            archive.write(file, f'{name}/{file.name}')
    return path


def words_of(restoration: Restoration, wish: Wish) -> str:
    """What was assumed, how well the photo is explained, and the command, as HTML."""
    settings = restoration.settings
    height, width = restoration.pixels.shape[:2]
    lines = [
        f'{width}×{height} by {settings["method"]} with {settings["prior"]}, damage '
        f'{settings["damage"]}, {restoration.seconds:.1f} s',
        *restoration.assumed,
        str(restoration.consistency),
    ]
    items = ''.join(f'<li>{html.escape(line)}</li>' for line in lines)
    # A line breaks before an option, never within.
    words = wish.command().replace(' --', '\n--').split('\n')
    command = ' '.join(f'<span>{html.escape(word)}</span>' for word in words)
    return f'<ul class="mgp-words">{items}</ul><code class="mgp-command">{command}</code>'
