"""Reading the image files that people really have."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from mmgenprior.utils.errors import UserError

IMAGE_SUFFIXES = ('.png', '.jpg', '.jpeg', '.bmp', '.ppm', '.pgm', '.tif', '.tiff', '.webp')

# Modes that Pillow reports for pictures whose numbers are not colours as we need them.
_REFUSED_MODES = {
    'CMYK': 'has CMYK colours; convert it to RGB',
    'LAB': 'has Lab colours; convert it to RGB',
    'F': 'holds floating-point numbers of unknown units; save the measurement as .npy',
    'I': 'holds 32-bit numbers of unknown units; save the measurement as .npy',
}


def read_image(path: str | os.PathLike) -> np.ndarray:
    """Read a picture in the channel order that MMagic uses.

    8 and 16 bits, grey, colour and palette are read; the camera's orientation
    tag is applied; an alpha channel is dropped if it is opaque everywhere.

    Args:
        path: The file.

    Returns:
        float32 array H×W×C in [0, 255], C = 3 (BGR) or 1 (grey); a 16-bit
        file keeps its precision.

    Raises:
        UserError: There is no such file; or it is damaged, is no picture, or its pixels cannot be
            read as colours in a single way (CMYK, transparency, floats).
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f'No such image file: {path}')
    _refuse_ambiguous(path)
    # A path may hold characters that imread cannot open on some platforms, bytes always work.
    data = np.fromfile(path, dtype=np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH)
    if image is None:
        raise UserError(f'{path}: damaged, or of a format that OpenCV cannot decode')
    if image.dtype not in (np.uint8, np.uint16):
        raise UserError(f'{path}: pixels of type {image.dtype}; save the measurement as .npy')
    scale = 1.0 if image.dtype == np.uint8 else 255.0 / 65535.0
    image = image.astype(np.float32) * np.float32(scale)
    return image[..., None] if image.ndim == 2 else image


def _refuse_ambiguous(path: Path) -> None:
    """Raise one clear line for a file whose pixels are no plain colours."""
    try:
        with Image.open(path) as picture:
            mode = picture.mode
            if getattr(picture, 'n_frames', 1) > 1:
                raise UserError(f'{path}: holds {picture.n_frames} pictures; save the one to use')
            reason = None if _is_16_bit_grey(picture) else _REFUSED_MODES.get(mode)
            if reason is not None:
                raise UserError(f'{path}: {reason}')
            has_alpha = mode in ('RGBA', 'LA', 'PA', 'RGBa', 'La') or 'transparency' in picture.info
            if has_alpha and picture.convert('RGBA').getchannel('A').getextrema()[0] < 255:
                raise UserError(
                    f'{path}: has transparent pixels; flatten it, and give unknown pixels as a '
                    'mask file'
                )
    except UnidentifiedImageError:
        raise UserError(f'{path}: not an image file') from None
    except (OSError, SyntaxError) as error:
        raise UserError(f'{path}: damaged image file ({error})') from None


def _is_16_bit_grey(picture: Image.Image) -> bool:
    # Older Pillow opens 16-bit grey PNGs in mode 'I'.
    return picture.mode == 'I' and picture.format == 'PNG'


def read_mask(path: str | os.PathLike, invert: bool = False) -> np.ndarray:
    """Read a mask file: white (at least half of full scale) is observed.

    Args:
        path: The file, grey or colour.
        invert: White marks the hole instead, as painting programs often do.

    Returns:
        float32 array H×W of 0 (unknown) and 1 (observed).

    Raises:
        UserError: As :func:`read_image`; or nothing is observed.
    """
    observed = read_image(path).mean(axis=2) >= 127.5
    if invert:
        observed = ~observed
    if not observed.any():
        raise UserError(
            f'{path}: the mask has no observed pixel (white is observed; invert_mask=True '
            'reverses that)'
        )
    return observed.astype(np.float32)
