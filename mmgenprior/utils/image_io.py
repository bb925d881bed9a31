"""Reading the image files that people really have. Needs neither torch nor MMagic."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from mmgenprior.utils.errors import UserError
from mmgenprior.utils.names import printable

IMAGE_SUFFIXES = tuple('.png .jpg .jpeg .bmp .ppm .pgm .tif .tiff .webp .gif'.split())
# Whatever its name: of the other formats that Pillow knows one runs a program (EPS).
_FORMATS = ('PNG', 'JPEG', 'BMP', 'PPM', 'TIFF', 'WEBP', 'GIF')
# Beyond it Pillow refuses too; a picture of as many takes 2 GB as numbers.
MOST_PIXELS = 178_956_970
MOST_BYTES = 2 << 30

# Modes that Pillow reports for pictures whose numbers are not colours as we need them.
_REFUSED_MODES = {
    'F': 'holds floating-point numbers of unknown units; save the measurement as .npy',
    'I': 'holds 32-bit numbers of unknown units; save the measurement as .npy',
}
_ALPHA_MODES = ('RGBA', 'LA', 'PA', 'RGBa', 'La')
_ORIENTATION, _WIDTH, _HEIGHT = 0x0112, 0x0100, 0x0101

# What is said of a picture that is not read as it lies there.
FIRST_ONLY = 'holds several pictures, of which the first is read'
ON_WHITE = 'has transparent pixels, which are put on white (unknown pixels belong in a mask file)'
AS_RGB = 'has {} colours, which are turned into RGB'


@dataclass(frozen=True)
class Header:
    """What the beginning of a picture file tells.

    Attributes:
        height: Rows of pixels, once the camera's orientation is applied.
        width: Columns of pixels.
        notes: What a reader should know, such as :data:`FIRST_ONLY`.
    """

    height: int
    width: int
    notes: tuple[str, ...] = ()


def read_header(path: str | os.PathLike) -> Header:
    """Look at the header of a picture; no pixel is decoded.

    Raises:
        UserError: As :func:`read_image`, but for damage behind the header.
    """
    path = Path(path)
    with _opened(path) as picture:
        return _header(path, picture)


def check_image(path: str | os.PathLike) -> Header:
    """See that :func:`read_image` can read a picture, by decoding it.

    Raises:
        UserError: As :func:`read_image`.
    """
    path = Path(path)
    with _opened(path) as picture:
        _header(path, picture)
        _decode(path, picture)
        header = _header(path, picture)  # of some files the end tells more
        notes = (*header.notes, *([ON_WHITE] if _is_transparent(picture) else []))
        return Header(header.height, header.width, notes)


def read_image(path: str | os.PathLike) -> np.ndarray:
    """Read a picture in the channel order that MMagic uses, as a viewer would show it.

    8 and 16 bits, grey, colour and palette are read; the camera's orientation tag is applied;
    transparent pixels are put on white; CMYK and Lab become sRGB, by the profile in the file where
    it has one; of an animation or a file of several pages the first picture is taken.

    Args:
        path: The file.

    Returns:
        float32 array H×W×C in [0, 255], C = 3 (BGR) or 1 (grey); a 16-bit
        file keeps its precision.

    Raises:
        UserError: There is no such file; or it is damaged, is no picture, has more than
            :data:`MOST_PIXELS` pixels, or holds numbers of unknown units.
    """
    path = Path(path)
    with _opened(path) as picture:
        _header(path, picture)
        deep = '16' in str(picture.tile)  # of which Pillow keeps 8 bits where it has colours
        _decode(path, picture)  # OpenCV of some releases fills up what is missing without a word
        if _needs_pillow(picture, deep):
            return _by_pillow(picture)
    return _by_opencv(path)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The picture of a file; whatever its bytes make a decoder raise is one line."""
    name = printable(str(path))
    try:
        if not path.is_file():
            lost = path.is_symlink() and not path.exists()
            raise UserError(f'{name}: {"a link to nowhere" if lost else "no such image file"}')
        size = path.stat().st_size
        if not size:
            raise UserError(f'{name}: the file is empty')
        if size > MOST_BYTES:
            raise UserError(f'{name}: {size / 1e9:,.1f} GB is more than is read of a picture')
        with Image.open(path, formats=_FORMATS) as picture:
            yield picture
    except UserError:
        raise
    except UnidentifiedImageError:
        kinds = ', '.join(_FORMATS)
        raise UserError(f'{name}: not an image file that is read ({kinds})') from None
    except Image.DecompressionBombError:
        raise UserError(f'{name}: {_too_many("its header promises more")}') from None
    except MemoryError:
        raise UserError(f'{name}: its pixels do not fit the memory; scale it down') from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno:
            raise UserError(f'{name}: cannot be read ({error.strerror})') from error
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise UserError(f'{name}: damaged image file ({printable(reason)[:200]})') from error


def _decode(path: Path, picture: Image.Image) -> None:
    if picture.format == 'PNG':
        with Image.open(path, formats=_FORMATS) as again:
            again.verify()  # hashes, which load() passes over
    # Libraries switch it on for all, and then a half picture is a whole one.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    picture.load()


def _too_many(what: str) -> str:
    return f'{what} than the {MOST_PIXELS // 10**6} million pixels that are read; scale it down'


def _header(path: Path, picture: Image.Image) -> Header:
    """What is known without decoding; refuses what is not read."""
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise UserError(f'{printable(str(path))}: {_too_many(f"{width}×{height} are more")}')
    reason = None if _is_16_bit_grey(picture) else _REFUSED_MODES.get(picture.mode)
    if reason is not None:
        raise UserError(f'{printable(str(path))}: {reason}')
    notes = []
    # A phone's MPO has its photograph first, and a smaller one behind it for the screen.
    if picture.format != 'MPO' and getattr(picture, 'is_animated', False):
        notes.append(FIRST_ONLY)
    if picture.mode in ('CMYK', 'LAB'):
        notes.append(AS_RGB.format({'LAB': 'Lab'}.get(picture.mode, picture.mode)))
    # Some releases of Pillow have turned the size of a TIFF already; its tags have not.
    tags = getattr(picture, 'tag_v2', {})
    width, height = int(tags.get(_WIDTH, width)), int(tags.get(_HEIGHT, height))
    if _orientation(picture) in (5, 6, 7, 8):
        width, height = height, width
    return Header(height, width, tuple(notes))


def _orientation(picture: Image.Image) -> int:
    if picture.format == 'PNG' and 'exif' not in picture.info:
        return 1  # Pillow would decode all of it, to look behind the pixels
    try:
        return picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # a damaged tag turns nothing, as in any viewer
        return 1


def _is_16_bit_grey(picture: Image.Image) -> bool:
    # Older Pillow opens 16-bit grey PNGs in mode 'I', every Pillow 16-bit PGMs.
    return picture.mode == 'I' and picture.format in ('PNG', 'PPM')


def _has_alpha(picture: Image.Image) -> bool:
    return picture.mode in _ALPHA_MODES or 'transparency' in picture.info


def _is_transparent(picture: Image.Image) -> bool:
    """Whether a decoded picture has a pixel that is not opaque."""
    if not _has_alpha(picture):
        return False
    return picture.convert('RGBA').getchannel('A').getextrema()[0] < 255


def _needs_pillow(picture: Image.Image, deep: bool) -> bool:
    """Whether OpenCV would show something else, or nothing, in one of its releases."""
    # What Pillow applies itself as it decodes is no longer in the tag.
    turned = picture.format not in ('JPEG', 'MPO', 'TIFF') and _orientation(picture) != 1
    return (
        picture.mode in ('CMYK', 'LAB', 'YCbCr', 'HSV')
        or picture.format == 'GIF'
        or getattr(picture, 'is_animated', False)
        or (turned and not deep)
        or _is_transparent(picture)
    )


def _by_pillow(picture: Image.Image) -> np.ndarray:
    profile = picture.info.get('icc_profile')
    if _orientation(picture) != 1:
        picture = ImageOps.exif_transpose(picture)
    if picture.mode in ('CMYK', 'LAB'):
        picture = _in_srgb(picture, profile)
    elif _is_transparent(picture):
        picture = picture.convert('RGBA')
        white = Image.new('RGBA', picture.size, 'white')
        picture = Image.alpha_composite(white, picture).convert('RGB')
    grey = picture.mode in ('1', 'L')
    pixels = np.asarray(picture.convert('L' if grey else 'RGB'), dtype=np.float32)
    return pixels[..., None] if grey else np.ascontiguousarray(pixels[..., ::-1])


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    srgb = ImageCms.createProfile('sRGB')
    try:
        if profile:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        elif picture.mode == 'LAB':
            source = ImageCms.createProfile('LAB')
        else:
            return picture.convert('RGB')
        return ImageCms.profileToProfile(picture, source, srgb, outputMode='RGB')
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        # The profile is of other colours, or damaged, as in many old files.
        if picture.mode == 'LAB':
            raise
        return picture.convert('RGB')


def _by_opencv(path: Path) -> np.ndarray:
    name = printable(str(path))
    # A path may hold characters that imread cannot open on some platforms, bytes always work.
    data = np.fromfile(path, dtype=np.uint8)
    try:
        image = cv2.imdecode(data, cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH)
    except cv2.error as error:
        raise UserError(f'{name}: damaged, or of a kind that OpenCV refuses') from error
    if image is None:
        raise UserError(f'{name}: damaged, or of a format that OpenCV cannot decode')
    if image.dtype not in (np.uint8, np.uint16):
        raise UserError(f'{name}: pixels of type {image.dtype}; save the measurement as .npy')
    scale = 1.0 if image.dtype == np.uint8 else 255.0 / 65535.0
    image = image.astype(np.float32) * np.float32(scale)
    return image[..., None] if image.ndim == 2 else image


def check_mask_size(
    path: str | os.PathLike, found: tuple[int, ...], wanted: tuple[int, ...], owner: str
) -> None:
    """See that a mask has the size of what it masks.

    Args:
        path: The mask's file.
        found: Its height and width.
        wanted: Height and width of what it masks.
        owner: What that is, for the message.

    Raises:
        UserError: If it has not.
    """
    if tuple(found) != tuple(wanted):
        raise UserError(
            f'{printable(str(path))}: the mask is {found[0]}×{found[1]}, but {owner} is '
            f'{wanted[0]}×{wanted[1]} (height×width)'
        )


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
