"""A prior's small picture in a large photo, without blurring what the photo has sharp.

Only what the damage took is the prior's: the inside of a hole, the colour of a grey photo, the
coarse picture under noise. The rest, and all that is finer than the prior draws, is the photo's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from mmgenprior.photos.exact import LUMINANCE, exact
from mmgenprior.photos.membrane import membrane
from mmgenprior.photos.placement import Placement, sized
from mmgenprior.photos.values import Array, as_colour, to_dtype, to_float

# Where a face lies, and its picture.
Parts = Sequence[tuple[Placement, Array]]

# Of the guided filter: radius in pixels of the prior, and variance of an edge that counts.
_RADIUS = 2
_EDGE = 1e-4
# Up to this magnification all is added that the prior draws and the sharp picture lacks.
_TRUSTED = 2.0


def merge(
    photo: Array,
    parts: Parts,
    known: Array | None = None,
    grey: bool = False,
    sharp: Array | None = None,
) -> Array:
    """The restored faces in their photo, by what was damaged.

    A hole is filled by :func:`fill_hole`, a grey photo coloured by :func:`add_colour`, and what
    they keep is kept; where anything else happened, the face is drawn anew by :func:`add_detail`.

    Args:
        photo: H×W×3 or H×W, as it was damaged.
        parts: Where every face lies and its restored picture, n×n×3; where two overlap the later
            is on top.
        known: H×W bool, False in a hole.
        grey: Whether its colours are lost.
        sharp: The photo (its hole filled somehow) without its noise, such as :func:`denoised`, or
            the photo itself: the whole face is drawn anew, and detail taken from this. Left out,
            that is done to a photo without a hole that is not grey.

    Returns:
        H×W×3 in the photo's dtype. Outside the windows, and the holes that they touch, it is the
        photo, bit for bit.
    """
    photo = as_colour(photo)
    hole = known is not None and not np.asarray(known, bool).all()
    if sharp is None and not (hole or grey):
        sharp = photo
    result = photo
    drawn = [(p, as_colour(_grey(picture))) for p, picture in parts] if grey else parts
    if sharp is not None:
        for placement, picture in drawn:
            result = add_detail(result, placement, picture, as_colour(sharp))
    if hole:
        result = fill_hole(result, drawn, known)
    if grey:
        for placement, picture in parts:
            result = add_colour(result, placement, picture)
    return result


def fill_hole(photo: Array, parts: Parts, known: Array) -> Array:
    """The prior's pictures in the hole, in the tone of what surrounds it.

    The gradients of the picture and the values of the rim (Poisson blending, Pérez et al. 2003):
    the picture plus the soap film over the rim's differences. Where the hole reaches out of all
    squares, it is filled smoothly from around it; a hole that touches none stays as it is.

    Args:
        photo: H×W×3 or H×W.
        parts: Where every picture lies, and the picture: n×n×3 or n×n, channels as the photo's.
        known: H×W bool, False in the hole.

    Returns:
        A copy in the photo's dtype; every known pixel is the photo's, bit for bit.
    """
    hole = _touched(~np.asarray(sized(known, photo), bool), [placement for placement, _ in parts])
    result = photo.copy()
    if not hole.any():
        return result
    box = _around(hole, 8)
    here = _deep(photo[box])
    drawn = smooth = membrane(here, ~np.asarray(known, bool)[box])
    top, left = box[0].start, box[1].start
    for placement, picture in parts:
        x, y = placement.centre
        local = replace(placement, centre=(x - left, y - top))
        where, spread = local.spread(_deep(picture), here.shape)
        if not spread.size:
            continue
        gap = hole[box][where]
        spread = spread.reshape(here[where].shape).astype(here.dtype)
        toned = spread if gap.all() else spread + membrane(here[where] - spread, gap)
        share = local.window(here.shape)[where][..., None]
        drawn = drawn.copy() if drawn is smooth else drawn
        drawn[where] += share * (np.clip(toned, 0, 1) - drawn[where])
    mixed = to_dtype(drawn, photo.dtype).reshape(photo[box].shape)
    gap = hole[box].reshape(hole[box].shape + (1,) * (photo.ndim - 2))
    result[box] = np.where(gap, mixed, photo[box])
    return result


def add_colour(photo: Array, placement: Placement, face_picture: Array) -> Array:
    """The prior's colour on a grey photo, whose luminance stays what it is.

    The colour is as coarse as the prior draws, which eyes hardly see; guiding it by the photo's
    luminance (He and Sun 2015) was measured on real faces and is no better, see docs/photos.md.

    Args:
        photo: H×W, or H×W×3 of three like channels.
        placement: Where the picture lies.
        face_picture: n×n×3.

    Returns:
        H×W×3 in the photo's dtype; outside the window the photo bit for bit.
    """
    photo = as_colour(photo)
    # Rounded once, at the end.
    deep = to_float(photo).astype(np.float64)
    coloured = exact(deep, placement.paste(deep, face_picture), luminance=True)
    outside = placement.window(photo.shape) == 0
    return np.where(outside[..., None], photo, to_dtype(coloured, photo.dtype))


def add_detail(
    photo: Array, placement: Placement, face_picture: Array, sharp: Array | None = None
) -> Array:
    """The prior's picture, with edges as fine as a sharp picture's where both agree on them.

    The prior's picture as a linear function of the sharp one around every pixel, fitted at the
    prior's size and applied at the photo's (guided filter). Adding what is finer than the prior
    draws doubles every contour that it draws a little elsewhere; this does not.

    Args:
        photo: H×W×3 or H×W, what stays outside the window.
        placement: Where the picture lies.
        face_picture: n×n×3 or n×n, channels as the photo's.
        sharp: What detail is taken from, shaped as the photo, such as :func:`denoised`; the photo
            itself if left out.

    Returns:
        A copy in the photo's dtype; outside the window the photo bit for bit.
    """
    if placement.magnification <= 1:  # the photo has nothing finer
        return placement.paste(photo, face_picture)
    sharp = _deep(photo if sharp is None else sharp)
    face = _deep(face_picture)
    where, points = placement.points(photo.shape)
    if not points.size:
        return photo.copy()
    guide = placement.cut(sharp, face.shape[0]).reshape(face.shape)
    slope, offset = _guided(guide, face)
    rest = face - (slope * guide + offset)
    slope, offset, rest = _enlarged((slope, offset, rest), points)
    # What the prior draws and the sharp picture lacks; contours that do not agree are in it too,
    # and show the more the larger they become.
    rest = rest * min(1.0, _TRUSTED / placement.magnification)
    drawn = np.clip(slope * sharp[where] + offset + rest, 0, 1)
    share = placement.window(photo.shape)[where][..., None]
    here = _deep(photo[where])
    mixed = to_dtype(here + share * (drawn - here), photo.dtype)
    result = photo.copy()
    deep = result if result.ndim == 3 else result[..., None]
    deep[where] = np.where(share > 0, mixed, deep[where])
    return result


def denoised(photo: Array, sigma: float) -> Array:
    """The photo without its noise, by non-local means: what is finer than a prior draws.

    Args:
        photo: H×W×3 or H×W.
        sigma: Standard deviation of the noise on the scale [0, 1].

    Returns:
        float32 of the photo's shape, in steps of 1/255.
    """
    eight = to_dtype(to_float(photo), np.uint8)
    strength = 255 * sigma
    if eight.ndim == 2:
        clean = cv2.fastNlMeansDenoising(eight, None, strength, 5, 15)
    else:
        clean = cv2.fastNlMeansDenoisingColored(eight, None, strength, strength, 5, 15)
    return to_float(clean)


def _deep(picture: Array) -> Array:
    """H×W×C floats."""
    picture = to_float(picture)
    return picture if picture.ndim == 3 else picture[..., None]


def _grey(picture: Array) -> Array:
    """Luminance, H×W."""
    weights = np.asarray(LUMINANCE) / sum(LUMINANCE)
    return to_float(picture) @ weights


def _touched(hole: Array, placements: Sequence[Placement]) -> Array:
    """The connected parts of a hole that a window touches."""
    number, parts = cv2.connectedComponents(hole.astype(np.uint8))
    touched = np.zeros(number, bool)
    for placement in placements:
        touched[np.unique(parts[placement.window(hole.shape) > 0])] = True
    return touched[parts] & hole


def _around(hole: Array, margin: int) -> tuple[slice, slice]:
    """Rows and columns that hold it, and some more."""
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    return (
        slice(max(0, rows[0] - margin), rows[-1] + 1 + margin),
        slice(max(0, columns[0] - margin), columns[-1] + 1 + margin),
    )


def _enlarged(maps: Sequence[Array], points: Array) -> list[Array]:
    """Pictures of the square, n×n×C, at the photo's pixels, h×w×C float64."""
    places = (points * maps[0].shape[0] - 0.5).astype(np.float32)
    return [
        cv2.remap(x, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).reshape(
            points.shape[:2] + x.shape[2:]
        )
        for x in maps
    ]


def _guided(guide: Array, picture: Array) -> tuple[Array, Array]:
    """Slope and offset of picture ≈ slope · guide + offset around every pixel.

    Args:
        guide: n×n×C, a guide for every channel.
        picture: n×n×C.

    Returns:
        n×n×C each.
    """

    def mean(x: Array) -> Array:
        side = 2 * _RADIUS + 1
        return cv2.blur(x, (side, side), borderType=cv2.BORDER_REFLECT_101).reshape(x.shape)

    guide, picture = guide.astype(np.float64), picture.astype(np.float64)
    about, level = mean(guide), mean(picture)
    variance = mean(guide * guide) - about**2
    together = mean(guide * picture) - about * level
    slope = together / (variance + _EDGE)
    return mean(slope), mean(level - slope * about)
