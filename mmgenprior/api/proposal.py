"""What happened to a picture, as far as the picture itself tells."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from mmgenprior.api.arguments import ArgumentError
from mmgenprior.api.pictures import Photo
from mmgenprior.damages import Damage, DamageChain
from mmgenprior.damages.jpeg_tables import quality_of
from mmgenprior.damages.names import COLOUR

AUTO = 'auto'
# Levels by which the channels of a grey picture differ, after a JPEG file.
_GREY = 2.5 / 255
# A hole that somebody painted: one pure colour, of this share of the picture, with hard edges.
_LEAST_HOLE = 0.003
_EDGE = 12 / 255
# Levels of noise that are worth a restoration, and quality of a JPEG file.
LEAST_NOISE = 4.0
# What the quietest quarter of a sharp photo may say, and from what side on there is a quiet one.
_TEXTURE = 7.0
_LEAST_SIDE = 128
_WORST_QUALITY = 50
# How far from the colour that marks a hole its pixels may be.
_TOLERANCE = 16 / 255


@dataclass(frozen=True)
class Proposal:
    """What is assumed.

    Attributes:
        damage: The chain.
        known: H×W bool, None without a hole.
        said: A line on each assumption.
    """

    damage: DamageChain
    known: np.ndarray | None
    said: tuple[str, ...] = ()


def complete(
    photo: Photo, damage: DamageChain, known: np.ndarray | None, invert: bool = False
) -> Proposal:
    """Fill in what a chain leaves to the picture: the mask of a colour, quality, levels.

    The level of noise is left out, see :func:`noise_levels`.

    Args:
        photo: The picture.
        damage: As it was named.
        known: H×W bool of a mask that was given, else None.
        invert: See :func:`mmgenprior.api.pictures.read_mask`, for a file named in the chain.

    Raises:
        ArgumentError: If there is a hole and nothing tells where, or a mask and no hole; a picture
            is no JPEG file and no quality is given; or it cannot have the damage.
    """
    from mmgenprior.api.pictures import read_mask

    said = []
    hole = damage.get('hole')
    if 'cs' in damage:
        raise ArgumentError(
            f"damage '{damage}': no picture file is such a measurement; name it as the degradation "
            'of a config, whose measurements are .npy files'
        )
    if hole is None and known is not None:
        raise ArgumentError(f"a mask is given, but damage '{damage}' has no hole: add +hole")
    if hole is not None and known is None:
        if hole.value is None:
            raise ArgumentError(
                f"damage '{damage}': where is the hole? Give a mask (--mask FILE, white is known) "
                'or the colour that marks it (hole:#ff00ff)'
            )
        if COLOUR.fullmatch(str(hole.value)):
            known = ~marked(photo, str(hole.value))
            if known.all():
                raise ArgumentError(f"'{photo.name}' has no pixel of the colour {hole.value}")
            said.append(f'hole: {1 - known.mean():.1%} of the picture has the colour {hole.value}')
        else:
            known = read_mask(str(hole.value), photo, invert)
    blur = damage.get('blur')
    if blur is not None and blur.value is None:
        raise ArgumentError(
            f"damage '{damage}': how was it blurred? Give its width in pixels, blur:2, or its "
            'kernel (--kernel FILE, kernel=...)'
        )
    jpeg, levels = damage.get('jpeg'), damage.get('quantized')
    if jpeg is not None and jpeg.value is None:
        quality = jpeg_quality(photo)
        if quality is None:
            raise ArgumentError(
                f"damage '{damage}': '{photo.name}' is no JPEG file that tells its quality: write "
                'jpeg:20'
            )
        damage = damage.replaced('jpeg', quality)
        said.append(f'jpeg: quality {quality}, from the tables in the file')
    if levels is not None and levels.value is None:
        count = max(len(np.unique(np.rint(photo.pixels[..., c] * 255))) for c in range(3))
        damage = damage.replaced('quantized', max(2, int(count)))
        said.append(f'quantized: {count} levels were counted')
    return Proposal(damage, known, tuple(said))


def propose(photo: Photo, known: np.ndarray | None, size: int | None) -> Proposal:
    """What seems to have happened to a picture.

    Noise is left out, see :func:`noise_levels`.

    Args:
        photo: The picture.
        known: H×W bool of a mask that was given, else None.
        size: Side of the prior's pictures, None where it is not known yet.

    Returns:
        The chain, which is empty where nothing is seen.
    """
    found: list[Damage] = []
    said: list[str] = []
    height, width = photo.size
    if size and height == width and height < size and size % height == 0:
        found.append(Damage('sr', size // height))
        said.append(f'sr{size // height}: the picture is {width}×{height}, the prior draws {size}')
    elif size and max(height, width) < size:
        factor = -(-size // max(height, width))
        found.append(Damage('sr', factor))
        said.append(f'sr{factor}: the picture is {width}×{height}, less than the prior draws')
    if photo.is_grey or _is_grey(photo.pixels):
        found.append(Damage('grey'))
        said.append('grey: the picture has no colours')
    quality = jpeg_quality(photo)
    if quality is not None and quality <= _WORST_QUALITY:
        found.append(Damage('jpeg', quality))
        said.append(f'jpeg:{quality}: from the tables in the file')
    if known is not None:
        found.append(Damage('hole'))
        said.append(f'hole: the mask, {1 - known.mean():.1%} of the picture')
    else:
        hole = painted_hole(photo.pixels)
        if hole is not None:
            known = ~hole
            found.append(Damage('hole'))
            said.append(f'hole: {hole.mean():.1%} of the picture is flat, with hard edges')
    return Proposal(DamageChain(tuple(found)), known, tuple(said))


def _is_grey(pixels: np.ndarray) -> bool:
    spread = pixels.max(2) - pixels.min(2)
    return bool(np.quantile(spread, 0.999) <= _GREY)


def marked(photo: Photo, colour: str) -> np.ndarray:
    """Where a picture has a colour ``#rrggbb``, H×W bool."""
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255
    return (np.abs(photo.pixels - values) <= _TOLERANCE).all(2)


def painted_hole(pixels: np.ndarray) -> np.ndarray | None:
    """Flat patches of black, white, mid-grey or a pure colour that do not touch the border.

    Args:
        pixels: H×W×3 in [0, 1].

    Returns:
        H×W bool, None where there are none.
    """
    levels = np.rint(pixels * 255).astype(np.uint8)
    pure = np.isin(levels, (0, 255)).all(2)
    grey = (levels == 127).all(2) | (levels == 128).all(2)
    candidates = (pure | grey).astype(np.uint8)
    # Neighbours of the same colour alone are one patch.
    code = levels.astype(np.int32) @ np.array([65536, 256, 1])
    hole = np.zeros(candidates.shape, bool)
    for value in np.unique(code[candidates > 0])[:16]:
        layer = ((code == value) & (candidates > 0)).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(layer, connectivity=4)
        for label in range(1, count):
            left, top, width, height, area = stats[label]
            inside = (
                left > 0
                and top > 0
                and left + width < layer.shape[1]
                and top + height < layer.shape[0]
            )
            if not inside or area < _LEAST_HOLE * layer.size:
                continue
            patch = labels == label
            ring = cv2.dilate(patch.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
            ring &= ~patch
            own = pixels[patch][0]
            hard = (np.abs(pixels[ring] - own).max(1) > _EDGE).mean()
            if hard > 0.8:
                hole |= patch
    return hole if hole.any() else None


def jpeg_quality(photo: Photo) -> int | None:
    """Libjpeg's quality of a JPEG file, from its table of luminance; None for any other."""
    if photo.path is None:
        return None
    with Image.open(photo.path) as picture:
        tables = getattr(picture, 'quantization', None)
    if not tables:
        return None
    return quality_of(next(iter(tables.values())))


def noise_levels(photo: Photo) -> float:
    """Deviation of the noise of a picture in grey levels, estimated; imports torch.

    Colours tell it best, unless the file stored them at half the resolution: what luminance says is
    believed where it is more than texture.
    """
    import torch

    from mmgenprior.degradations.noise_level import estimate_luminance_noise, estimate_noise_level

    picture = torch.from_numpy(np.ascontiguousarray(photo.pixels.transpose(2, 0, 1)))[None]
    if photo.is_grey or _is_grey(photo.pixels):
        return float(estimate_luminance_noise(picture[:, :1])) * 255
    colours = float(estimate_noise_level(picture)) * 255
    if min(photo.size) < _LEAST_SIDE:
        return colours
    luminance = float(estimate_luminance_noise(picture)) * 255
    return max(colours, luminance) if luminance > _TEXTURE else colours
