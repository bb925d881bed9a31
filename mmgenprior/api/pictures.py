"""Pictures as people have them: files, arrays, PIL pictures, tensors, lists and folders."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmgenprior.api.arguments import ArgumentError
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.image_io import IMAGE_SUFFIXES, read_image
from mmgenprior.utils.names import natural_key

# A photo of a camera has up to 60 megapixels; one of more is likely a mistake, and fills memories.
MOST_PIXELS = 64_000_000
_SMALLEST = 8


@dataclass(frozen=True)
class Photo:
    """One picture as it was given.

    Attributes:
        name: What results are called: the file's name without its suffix, or ``image``.
        pixels: H×W×3, RGB in [0, 1], float32; grey is copied to three channels.
        is_grey: Whether it has one channel only.
        path: The file, None where there is none.
    """

    name: str
    pixels: np.ndarray
    is_grey: bool
    path: Path | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.pixels.shape[0], self.pixels.shape[1]


def is_several(image: Any) -> bool:
    """Whether an argument stands for a list of pictures: a list, a folder, a batch."""
    if isinstance(image, (str, os.PathLike)):
        return Path(image).expanduser().is_dir()
    return isinstance(image, (list, tuple)) or getattr(image, 'ndim', 0) == 4


def as_list(image: Any) -> list[Any]:
    """The pictures that an argument stands for, files of folders in natural order.

    Raises:
        ArgumentError: If there is none.
    """
    if isinstance(image, (list, tuple)):
        if not image:
            raise ArgumentError('the list of pictures is empty')
        return [item for part in image for item in as_list(part)]
    if isinstance(image, (str, os.PathLike)) and Path(image).expanduser().is_dir():
        folder = Path(image).expanduser()
        found = [p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES]
        if not found:
            raise ArgumentError(f"folder '{image}' holds no pictures ({', '.join(IMAGE_SUFFIXES)})")
        return sorted(found, key=lambda path: natural_key(path.name))
    return list(image) if getattr(image, 'ndim', 0) == 4 else [image]


def read_photo(image: Any, name: str = 'image') -> Photo:
    """One picture.

    Args:
        image: Path; H×W×3, H×W×1 or H×W array, uint8, uint16 or float in [0, 1], RGB; PIL picture;
            or tensor 3×H×W or 1×H×W in [0, 1], RGB.
        name: What it is called where it has no file.

    Raises:
        ArgumentError: In one line, if it is none, damaged or too large.
    """
    if isinstance(image, Photo):
        return image
    if isinstance(image, (str, os.PathLike)):
        path = Path(image).expanduser()
        return _photo(path.stem, read_file(path), path)
    return _photo(name, _pixels(image, name), None)


def read_file(path: Path) -> np.ndarray:
    """H×W×C array of a picture file, RGB or grey in [0, 1], float32; see :func:`read_photo`."""
    try:
        if path.is_file():
            check_size(*header_size(path, str(path)), str(path))
        array = read_image(path)
    except ArgumentError:
        raise
    except (UserError, OSError, SyntaxError) as error:
        if isinstance(error, UserError):
            raise ArgumentError(str(error)) from None
        raise ArgumentError(f'{path}: not an image file') from None
    return np.ascontiguousarray(array[..., ::-1]) / np.float32(255)


def header_size(path: Path, name: str) -> tuple[int, int]:
    """Height and width that a picture file promises, as it lies there; no pixel is decoded.

    Args:
        path: An existing file.
        name: What messages call it.

    Raises:
        ArgumentError: If it promises more than any picture has.
        OSError: If it is no picture, or as Pillow raises it.
    """
    try:
        with warnings.catch_warnings():
            # Sizes are our own affair.
            warnings.simplefilter('ignore', Image.DecompressionBombWarning)
            with Image.open(path) as header:
                width, height = header.size
    except Image.DecompressionBombError:
        raise ArgumentError(f"'{name}' is far too large a picture: shrink or crop it") from None
    return height, width


def check_size(height: int, width: int, name: str) -> None:
    """See that a picture is neither tiny nor huge.

    Raises:
        ArgumentError: If it is.
    """
    if height * width > MOST_PIXELS:
        raise ArgumentError(
            f"'{name}' is {width}×{height}, {height * width / 1e6:.0f} megapixels, and "
            f'{MOST_PIXELS / 1e6:.0f} are the most: shrink or crop it'
        )
    if min(height, width) < _SMALLEST:
        raise ArgumentError(
            f"'{name}' is {width}×{height}: {_SMALLEST} pixels a side are the least"
        )


def _photo(name: str, array: np.ndarray, path: Path | None) -> Photo:
    check_size(array.shape[0], array.shape[1], str(path or name))
    is_grey = array.shape[2] == 1
    return Photo(name, np.repeat(array, 3, axis=2) if is_grey else array, is_grey, path)


def _pixels(image: Any, name: str) -> np.ndarray:
    """Any picture but a file as H×W×C float32."""
    if isinstance(image, Image.Image):
        if image.mode in ('1', 'L', 'I;16'):
            image = np.asarray(image.convert('L') if image.mode == '1' else image)
        else:
            image = np.asarray(image.convert('RGB'))
    elif hasattr(image, 'detach'):  # a tensor, without an import of torch
        image = image.detach().cpu().numpy()
        if image.ndim == 2:
            image = image[None]
        if image.ndim != 3 or image.shape[0] not in (1, 3):
            raise ArgumentError(f'a tensor of shape {image.shape} is no picture: give 3×H×W')
        image = image.transpose(1, 2, 0)
    if not isinstance(image, np.ndarray):
        raise ArgumentError(
            f'a {type(image).__name__} is no picture: give a path, a NumPy array, a PIL picture, a '
            'tensor, a list of them or a folder'
        )
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3 or image.shape[2] not in (1, 3):
        raise ArgumentError(f'{name}: an array of shape {image.shape} is no picture: give H×W×3')
    if image.dtype == np.bool_:
        return image.astype(np.float32)
    if image.dtype in (np.uint8, np.uint16):
        return image.astype(np.float32) / np.float32(np.iinfo(image.dtype).max)
    if image.dtype.kind != 'f' or not np.isfinite(image).all():
        raise ArgumentError(f'{name}: give uint8, uint16 or finite floats, not {image.dtype}')
    if image.min() < -0.5 or image.max() > 1.5:
        raise ArgumentError(
            f'{name}: floats must be in [0, 1], not [{image.min():.3g}, {image.max():.3g}]; divide '
            'by 255'
        )
    return image.astype(np.float32)


def read_mask(mask: Any, photo: Photo, invert: bool = False) -> np.ndarray:
    """Which pixels of a photo are known.

    Args:
        mask: As a picture, see :func:`read_photo`, or bool; white, or True, is known.
        photo: The photo it belongs to.
        invert: White marks the hole instead.

    Returns:
        H×W bool.

    Raises:
        ArgumentError: If it has another size, or nothing or everything is known.
    """
    if isinstance(mask, (str, os.PathLike)):
        path = Path(mask).expanduser()
        name, array = f"mask '{path}'", read_file(path)
    else:
        name, array = 'the mask', _pixels(mask, 'mask')
    if array.shape[:2] != photo.size:
        raise ArgumentError(
            f"{name} is {array.shape[1]}×{array.shape[0]}, but '{photo.path or photo.name}' is "
            f'{photo.size[1]}×{photo.size[0]}: they must have the same size'
        )
    known = array.mean(axis=2) >= 0.5
    known = ~known if invert else known
    if not known.any():
        raise ArgumentError(
            f'{name} leaves no pixel known: white is known, black is the hole '
            '(invert_mask, --invert-mask: the other way round)'
        )
    if known.all():
        raise ArgumentError(f'{name} has no hole: white is known, black is the hole')
    return known


def masks_of(mask: Any, photos: Sequence[Photo], invert: bool) -> list[np.ndarray | None]:
    """The masks of photos: one for all, one each, or the files of a folder with the same names.

    Raises:
        ArgumentError: If a photo has none, or one does not fit.
    """
    if mask is None:
        return [None] * len(photos)
    if isinstance(mask, (str, os.PathLike)) and Path(mask).expanduser().is_dir():
        by_name = {path.stem: path for path in as_list(mask)}
        missing = [photo.name for photo in photos if photo.name not in by_name]
        if missing:
            raise ArgumentError(f"folder '{mask}' has no mask of the name '{missing[0]}'")
        masks = [by_name[photo.name] for photo in photos]
    elif isinstance(mask, (list, tuple)):
        masks = list(mask)
        if len(masks) != len(photos):
            raise ArgumentError(f'{len(masks)} masks for {len(photos)} pictures: give one each')
    else:
        masks = [mask] * len(photos)
    return [read_mask(m, photo, invert) for m, photo in zip(masks, photos)]
