"""What a visitor gives: a photo, a painted hole, a mask file."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmgenprior.api.arguments import ArgumentError
from mmgenprior.api.pictures import Photo, header_size, read_mask, read_photo
from mmgenprior.app.limits import Limits
from mmgenprior.damages.names import KINDS

_LONGEST_NAME = 60


@dataclass(frozen=True)
class Upload:
    """A photo that is there, as a file.

    Attributes:
        path: In the folder of its session.
        name: What results are called.
        height: In pixels.
        width: In pixels.
    """

    path: Path
    name: str
    height: int
    width: int

    def read(self) -> Photo:
        """Its pixels."""
        return replace(read_photo(self.path), name=self.name)


def take_photo(given: str | Path, folder: Path, limits: Limits) -> Upload:
    """Copy an uploaded photo into the folder of its session, once it is seen to be one.

    Args:
        given: The file, as the browser called it.
        folder: Of the session; what it holds of an earlier photo is removed.
        limits: Of the page.

    Raises:
        ArgumentError: In one line that names the file without its folder, if it is no picture, too
            large (told from its header), or cannot be read in a single way.
    """
    given = Path(given)
    check_header(given, limits)
    photo = _read(given)
    empty(folder)
    path = folder / f'photo{given.suffix.lower()}'
    shutil.copyfile(given, path)
    return Upload(path, file_stem(given), *photo.size)


def take_mask(given: str | Path, photo: Photo, invert: bool, limits: Limits) -> np.ndarray:
    """Which pixels a mask file calls known, H×W bool.

    Raises:
        ArgumentError: If it is no picture, or does not fit.
    """
    given = Path(given)
    try:
        check_header(given, limits)
        return read_mask(given, photo, invert)
    except ArgumentError as error:
        raise ArgumentError(named(error, {given: given.name, photo.path: photo.name})) from None


def check_header(path: Path, limits: Limits) -> None:
    """See, before any pixel is decoded, that a file is a picture of a size that is allowed.

    Raises:
        ArgumentError: If it is not.
    """
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise ArgumentError(
            f"'{path.name}' has {size / 1e6:.0f} MB, and {limits.megabytes} are the most: save it "
            'smaller'
        )
    try:
        height, width = header_size(path, path.name)
    except (OSError, SyntaxError, ValueError):
        raise ArgumentError(
            f"'{path.name}' is not an image file: give a PNG, JPEG, WebP, TIFF or BMP picture"
        ) from None
    if width * height > limits.pixels:
        raise ArgumentError(
            f"'{path.name}' is {width}×{height}, {width * height / 1e6:.0f} megapixels, and "
            f'{limits.megapixels} are the most: shrink or crop it'
        )


def _read(path: Path) -> Photo:
    try:
        return read_photo(path)
    except ArgumentError as error:
        raise ArgumentError(named(error, {path: path.name})) from None


def named(error: Exception, names: Mapping[Path, str]) -> str:
    """What an error says, with the names of files in place of where they lie.

    Args:
        error: It; a hint for a terminal in parentheses is left out.
        names: Path → what a visitor calls it.
    """
    text = str(error)
    for path, name in names.items():
        text = text.replace(str(path), name)
    return re.sub(r' \([^()]*--[^()]*\)', '', text)


def file_stem(path: Path) -> str:
    """The stem of a name, of letters that every file system takes."""
    return re.sub(r'[^\w.-]+', '_', path.stem).strip('._')[:_LONGEST_NAME] or 'photo'


def empty(folder: Path) -> None:
    """Remove all that a folder holds."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def painted(value: Mapping[str, Any] | None, size: tuple[int, int]) -> np.ndarray | None:
    """Where somebody painted, at the size of the photo.

    Args:
        value: Of the editor: its ``layers`` are PIL pictures with an alpha channel.
        size: Height and width of the photo.

    Returns:
        H×W bool of what is known, False where it was painted over; None where nothing was.

    Raises:
        ArgumentError: If too little, or everything, was painted over.
    """
    layers = (value or {}).get('layers') or []
    alphas = [np.asarray(layer.convert('RGBA'))[..., 3] > 127 for layer in layers]
    alphas = [alpha for alpha in alphas if alpha.any()]
    if not alphas:
        return None
    height, width = size
    hole = np.zeros(size, bool)
    for alpha in alphas:
        shrinks = alpha.shape[0] >= height
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        share = cv2.resize(alpha.astype(np.float32), (width, height), interpolation=how)
        hole |= share >= 0.5
    if not hole.any():
        raise ArgumentError('what was painted covers no pixel of the photo: paint with more')
    if hole.all():
        raise ArgumentError('all of the photo is painted over: leave some of it')
    return ~hole


def with_hole(damage: str, known: np.ndarray | None) -> str:
    """The damage with a hole, where a mask says that there is one and the damage does not."""
    words = [word.strip() for word in damage.split('+')]
    has_hole = any(word.partition(':')[0] == 'hole' for word in words)
    if known is None or has_hole or words == ['auto']:
        return damage
    return f'{damage}+hole'


def parameter_of(damage: str) -> str | None:
    """What the value of a damage is, where it is a single one that has a number.

    Returns:
        Its form and a line on it; None for ``auto``, a chain, or a damage without a number.
    """
    name = _kind_of(damage)
    kind = KINDS.get(name)
    if '+' in damage or kind is None or kind.read is None or name == 'hole':
        return None
    return f'{kind.form}: {kind.about}'


def with_value(damage: str, value: float | None) -> str:
    """The damage with another number; without one where ``value`` is None."""
    name = _kind_of(damage)
    if value is None:
        return name
    return f'{name}{"" if name == "sr" else ":"}{value:g}'


def _kind_of(damage: str) -> str:
    """The damage without its number."""
    return re.match(r'sr(?=:?\d|$)|\w*', damage.strip()).group()


def value_of(damage: str) -> float | None:
    """The number of a damage, None where it has none."""
    found = re.fullmatch(r'(?:sr:?|\w+:)([\d.]+)', damage.strip())
    return float(found[1]) if found else None
