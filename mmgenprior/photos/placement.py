"""The square of a prior in a photo: cutting it out and pasting it back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from mmgenprior.photos.faces import Face
from mmgenprior.photos.values import Array, as_colour, checked, to_dtype, to_float
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.framing import Framing, Point

# Width of the soft seam, and radius of the window's corners, in fractions of the square's side.
_SEAM = 0.1
_CORNER = 0.35


@dataclass(frozen=True)
class Placement:
    """A square in a photo, turned by an angle: where a prior's picture lies.

    Coordinates of the photo are (x, y) in pixels from its upper left corner, so that the first
    pixel's centre is (0.5, 0.5); those of the square are fractions of its side.

    Attributes:
        centre: Centre of the square in the photo.
        side: Its side in pixels of the photo.
        angle: How far it is turned, in degrees, clockwise as one looks at the picture.
        size: Side of the prior's pictures in pixels.
    """

    centre: Point
    side: float
    angle: float
    size: int

    def __post_init__(self) -> None:
        if not (self.side > 0 and math.isfinite(self.side) and self.size > 0):
            raise UserError(f'a square of {self.side} photo pixels, {self.size} drawn, is none')

    @property
    def magnification(self) -> float:
        """Pixels of the photo per pixel of the prior."""
        return self.side / self.size

    @property
    def detail(self) -> str:
        """One line: how much detail of the photo the prior can draw."""
        side = round(self.side)
        if self.magnification <= 1:
            return (
                f"the face's square is {side} pixels wide and the prior draws {self.size}: "
                'the prior can add all the detail that the photo can hold'
            )
        return (
            f"the face's square is {side} pixels wide and the prior draws {self.size}: what is "
            f'finer than {self.magnification:.1f} pixels comes from your photo or is missing'
        )

    @property
    def matrix(self) -> Array:
        """2×3, fractions of the square to coordinates of the photo."""
        turn = math.radians(self.angle)
        linear = self.side * np.array(
            [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]
        )
        shift = np.array(self.centre) - linear @ [0.5, 0.5]
        return np.column_stack([linear, shift])

    @property
    def corners(self) -> Array:
        """4×2, its corners in the photo, clockwise from the upper left."""
        square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
        return square @ self.matrix[:, :2].T + self.matrix[:, 2]

    def points(self, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], Array]:
        """The part of a photo that the square touches, and its pixels' places in the square.

        Args:
            shape: H, W, … of the photo.

        Returns:
            Rows and columns, empty where the square lies outside; and h×w×2, the fractions
            (across, down) of the centre of every pixel of that part.
        """
        low, high = self.corners.min(0), self.corners.max(0)
        left, top = (int(np.clip(math.floor(low[i]), 0, shape[1 - i])) for i in (0, 1))
        right, bottom = (int(np.clip(math.ceil(high[i]), 0, shape[1 - i])) for i in (0, 1))
        x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
        inverse = np.linalg.inv(self.matrix[:, :2])
        return (slice(top, bottom), slice(left, right)), (
            (np.stack([x, y], -1) - self.matrix[:, 2]) @ inverse.T
        )

    def inside(self, shape: tuple[int, ...], size: int | None = None) -> Array:
        """Which of the square's pixels the photo has; the others are mirrored by :meth:`cut`.

        Args:
            shape: H, W, … of the photo.
            size: Pixels a side, the prior's where left out.

        Returns:
            size×size bool.
        """
        n = size or self.size
        x, y = np.meshgrid(np.arange(n) + 0.5, np.arange(n) + 0.5)
        photo = np.stack([x, y], -1) / n @ self.matrix[:, :2].T + self.matrix[:, 2]
        return ((photo >= 0) & (photo <= [shape[1], shape[0]])).all(-1)

    def cut(self, picture: Array, size: int | None = None) -> Array:
        """What lies in the square, upright, at the prior's size.

        Where the square reaches over the border the photo is mirrored. Reduction averages over all
        that falls into a pixel; enlargement is bicubic, and linear for masks (of bool).

        Args:
            picture: H×W×C or H×W.
            size: Pixels a side, the prior's where left out.

        Returns:
            size×size(×C), floats in [0, 1]; of a mask the part of each pixel that it covers.
        """
        picture = checked(picture)
        n = size or self.size
        over = max(1, math.ceil(self.side / n - 1e-6))
        fine = n * over
        # From pixel numbers to pixel numbers: a pixel's centre lies half a pixel further.
        around, first = self._around(picture)
        to_photo = self.matrix / [fine, fine, 1]
        to_photo[:, 2] -= first
        to_photo[:, 2] += to_photo[:, :2] @ [0.5, 0.5] - 0.5
        method = cv2.INTER_LINEAR if picture.dtype == np.bool_ else cv2.INTER_CUBIC
        warped = cv2.warpAffine(
            to_float(around),
            to_photo,
            (fine, fine),
            flags=method | cv2.WARP_INVERSE_MAP,
        )
        if over > 1:
            warped = cv2.resize(warped, (n, n), interpolation=cv2.INTER_AREA)
        return np.clip(warped, 0, 1)

    def _around(self, picture: Array) -> tuple[Array, Array]:
        """The part of a picture that :meth:`cut` reads, mirrored; and its first pixel's (x, y)."""
        # A pixel more than bicubic interpolation reaches.
        low = np.floor(self.corners.min(0)).astype(int) - 3
        high = np.ceil(self.corners.max(0)).astype(int) + 3
        rows = _mirrored(low[1], high[1], picture.shape[0])
        columns = _mirrored(low[0], high[0], picture.shape[1])
        return picture[rows[:, None], columns], low

    def spread(
        self, face_picture: Array, shape: tuple[int, ...]
    ) -> tuple[tuple[slice, slice], Array]:
        """A picture of the square at the photo's resolution; outside the square its border repeats.

        Args:
            face_picture: n×n×C or n×n.
            shape: H, W, … of the photo.

        Returns:
            Rows and columns of the photo as by :meth:`points`, and h×w(×C) floats in [0, 1].
        """
        face = to_float(face_picture)
        if face.shape[0] != face.shape[1]:
            raise UserError(f'the picture of a square is {face.shape}: give one with equal sides')
        if self.side < face.shape[0]:
            n = max(1, round(self.side))
            face = cv2.resize(face, (n, n), interpolation=cv2.INTER_AREA)
        where, points = self.points(shape)
        if not points.size:
            return where, np.zeros(points.shape[:2] + face.shape[2:], face.dtype)
        maps = (points * face.shape[0] - 0.5).astype(np.float32)
        spread = cv2.remap(face, maps, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return where, np.clip(spread, 0, 1)

    def window(self, shape: tuple[int, ...]) -> Array:
        """The share of the pasted picture in every pixel of the photo: a square with soft edges.

        Args:
            shape: H, W, … of the photo.

        Returns:
            H×W float32: 1 well inside, falling smoothly, exactly 0 on the square's border and
            everywhere outside.
        """
        window = np.zeros(shape[:2], np.float32)
        where, points = self.points(shape)
        window[where] = _share(points)
        return window

    def paste(self, photo: Array, face_picture: Array, mask: Array | None = None) -> Array:
        """The photo with the square's picture in its place.

        Args:
            photo: H×W×3, or grey H×W, which becomes H×W×3 if the picture has colours.
            face_picture: n×n×3 or n×n, as :meth:`cut` gives it; enlarged (bicubic) or reduced (by
                averages) to the photo's resolution.
            mask: H×W, bool or in [0, 1]: how far each pixel may change; everywhere if left out.

        Returns:
            A copy in the photo's dtype. Where the window or the mask is 0 it is the photo, bit for
            bit.

        Raises:
            UserError: If the mask has another size than the photo.
        """
        photo = checked(photo)
        if face_picture.ndim == 3 and (photo.ndim == 2 or photo.shape[2] != face_picture.shape[2]):
            photo = as_colour(photo)
        where, spread = self.spread(face_picture, photo.shape)
        if not spread.size:
            return photo.copy()
        share = self.window(photo.shape)[where]
        if mask is not None:
            share = share * to_float(sized(mask, photo))[where]
        result = photo.copy()
        here = to_float(photo[where])
        if here.ndim == 3:
            share = share[..., None]
            spread = spread if spread.ndim == 3 else spread[..., None]
        mixed = here + share * (spread - here)
        result[where] = np.where(share > 0, to_dtype(mixed, photo.dtype), photo[where])
        return result


def sized(mask: Array, photo: Array) -> Array:
    """A mask, where it is one of a photo.

    Raises:
        UserError: If its sides are not the photo's.
    """
    mask = checked(mask)
    mask = mask[..., 0] if mask.ndim == 3 else mask
    if mask.shape != photo.shape[:2]:
        raise UserError(
            f'the mask is {mask.shape[1]}×{mask.shape[0]} and the photo '
            f'{photo.shape[1]}×{photo.shape[0]}: they must have the same size'
        )
    return mask


def _mirrored(first: int, last: int, length: int) -> Array:
    """Numbers of pixels from first to last, those outside mirrored about the border pixels."""
    period = max(1, 2 * length - 2)
    number = np.abs(np.arange(first, last)) % period
    return np.where(number < length, number, period - number)


def _share(points: Array) -> Array:
    # Distance to the border of a square with round corners, in fractions of its side.
    reach = np.maximum(np.abs(points - 0.5) - (0.5 - _CORNER), 0)
    depth = _CORNER - np.hypot(reach[..., 0], reach[..., 1])
    t = np.clip(depth / _SEAM, 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def place(face: Face, framing: Framing, size: int) -> Placement:
    """Where a prior's square lies, so that a face has the place in it that the prior expects.

    The similarity that brings eyes (and the mouth, where both know it) of the face nearest to those
    of the framing, by least squares (Umeyama 1991); eyes that were not found are taken where they
    lie in most boxes.

    Args:
        face: A face of the photo.
        framing: Of the prior.
        size: Side of the prior's pictures in pixels.

    Raises:
        UserError: If the prior draws no faces.
    """
    if framing.eyes is None:
        raise UserError("the prior draws no faces (framing 'none'): nothing to align a face with")
    found, wanted = list(face.eyes or face.guessed_eyes), list(framing.eyes)
    if face.mouth is not None and framing.mouth is not None:
        found.append(face.mouth)
        wanted.append(framing.mouth)
    # Complex numbers: a similarity is z -> a z + b.
    source, target = (np.array([complex(*p) for p in points]) for points in (wanted, found))
    centred = source - source.mean()
    a = np.vdot(centred, target - target.mean()) / np.vdot(centred, centred).real
    if not framing.upright:
        a = complex(abs(a))
    b = target.mean() - a * source.mean()
    centre = a * complex(0.5, 0.5) + b
    return Placement(
        (float(centre.real), float(centre.imag)),
        float(abs(a)),
        math.degrees(math.atan2(a.imag, a.real)),
        size,
    )


def as_is(picture: Array, size: int) -> Placement:
    """The largest square in the middle of a picture, for a prior of another domain than faces."""
    height, width = checked(picture).shape[:2]
    side = min(height, width)
    # Whole pixels, so that a picture of the prior's own size is not resampled.
    left, top = (width - side) // 2, (height - side) // 2
    return Placement((left + side / 2, top + side / 2), side, 0.0, size)
