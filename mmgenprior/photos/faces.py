"""Faces of a picture: found by a network where it is installed, else by OpenCV's cascades."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import ModuleType

import cv2
import numpy as np

from mmgenprior.photos.values import Array, as_colour, checked, to_dtype, to_float
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.names import nearest
from mmgenprior.weights.framing import Point

DETECTORS = ('auto', 'mtcnn', 'cascades')
# Longer side of what is searched; larger photos are reduced, their smallest faces with them.
_LONGEST = 1200
# Room around the picture, in parts of its shorter side: faces that fill a crop are missed without.
_ROOM = 0.25
_TURNS = (0.0, -25.0, 25.0)
# Where eyes lie in a box of the cascades, from its middle, in parts of its width: measured on real
# faces, see docs/photos.md.
_EYES = 0.195, -0.112


@dataclass(frozen=True)
class Face:
    """A face of a picture, in its pixels: (x, y) from the upper left corner.

    Attributes:
        box: Left, top, right, bottom.
        eyes: Centres of the eye on the left and of the one on the right of the picture, None where
            they were not found.
        score: Certainty of the detector, 0 to 1; comparable within one detector only.
        mouth: Midpoint of its corners, None where it was not found.
        turn: By how many degrees the picture was turned, against the clock, for the face to be
            found upright; what :attr:`guessed_eyes` are turned back by.
    """

    box: tuple[float, float, float, float]
    eyes: tuple[Point, Point] | None = None
    score: float = 1.0
    mouth: Point | None = None
    turn: float = 0.0

    @property
    def centre(self) -> Point:
        """Middle of the box."""
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2

    @property
    def width(self) -> float:
        """Width of the box."""
        return self.box[2] - self.box[0]

    @property
    def guessed_eyes(self) -> tuple[Point, Point]:
        """Where the eyes lie in the boxes of the cascades, on average: for a face without eyes."""
        (x, y), width = self.centre, self.width
        angle = math.radians(self.turn)
        across, down = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
        points = [
            (x + width * (a * across[0] + d * down[0]), y + width * (a * across[1] + d * down[1]))
            for a, d in ((-_EYES[0], _EYES[1]), (_EYES[0], _EYES[1]))
        ]
        return points[0], points[1]


def find_faces(
    picture: Array,
    detector: str = 'auto',
    known: Array | None = None,
    least: int = 16,
) -> list[Face]:
    """The faces of a picture.

    Args:
        picture: H×W×3 RGB or grey H×W; uint8, uint16 or float in [0, 1].
        detector: ``'mtcnn'``: the network of package facenet-pytorch (extra ``faces``);
            ``'cascades'``: those of OpenCV; ``'auto'``: the first that is installed.
        known: H×W bool, False in holes; these are filled from around before the search.
        least: Width in pixels below which a face is not looked for.

    Returns:
        Largest first; empty where there is none.

    Raises:
        UserError: If the detector is unknown or not installed, or the mask has another size.
    """
    picture = checked(picture)
    finder = _finder(detector)
    prepared = to_dtype(to_float(as_colour(picture)), np.uint8)
    if known is not None:
        prepared = _filled(prepared, known)
    height, width = prepared.shape[:2]
    # Small pictures are enlarged: the detectors' own windows are 20 pixels wide.
    scale = min(_LONGEST / max(height, width), max(1.0, 256 / min(height, width)))
    if scale != 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        prepared = cv2.resize(prepared, size, interpolation=method)
    room = round(_ROOM * min(prepared.shape[:2]))
    roomy = cv2.copyMakeBorder(prepared, room, room, room, room, cv2.BORDER_REPLICATE)
    found = []
    for turn in _TURNS:
        if found and finder.FINDS_TURNED:
            break
        turned, back = _turned(roomy, turn)
        for face in finder.search(turned, max(20, round(least * scale))):
            found.append(_moved(face, back, turn))
    to_picture = np.array([[1 / scale, 0, -room / scale], [0, 1 / scale, -room / scale]])
    faces = [_moved(face, to_picture, 0.0) for face in _distinct(found)]
    inside = [f for f in faces if 0 <= f.centre[0] < width and 0 <= f.centre[1] < height]
    return sorted(inside, key=lambda face: -face.width)


def _finder(detector: str) -> ModuleType:
    """The module whose ``search`` finds faces."""
    from mmgenprior.photos import cascades, mtcnn

    if detector not in DETECTORS:
        hint = nearest(detector, DETECTORS) or f'; there are {", ".join(DETECTORS)}'
        raise UserError(f"face detector '{detector}' is unknown{hint}")
    if detector == 'mtcnn' or (detector == 'auto' and mtcnn.is_installed()):
        return mtcnn
    return cascades


def _filled(picture: Array, known: Array) -> Array:
    from mmgenprior.photos.placement import sized

    hole = ~np.asarray(sized(known, picture), bool)
    if not hole.any() or hole.all():
        return picture
    # Reduced: a detector needs no detail of what is made up, and filling is slow.
    scale = min(1.0, 256 / max(hole.shape))
    size = max(1, round(hole.shape[1] * scale)), max(1, round(hole.shape[0] * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    gaps = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    small = cv2.inpaint(small, gaps.astype(np.uint8), 3, cv2.INPAINT_TELEA)
    large = cv2.resize(small, hole.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(hole[..., None], large, picture)


def _turned(picture: Array, degrees: float) -> tuple[Array, Array]:
    """A picture turned against the clock about its middle, and the 2×3 matrix back."""
    if not degrees:
        return picture, np.eye(2, 3)
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turned = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return turned, cv2.invertAffineTransform(matrix)


def _moved(face: Face, matrix: Array, turn: float) -> Face:
    """A face in the coordinates that a similarity leads to; its box stays upright."""

    def point(p: Point) -> Point:
        x, y = matrix[:, :2] @ p + matrix[:, 2]
        return float(x), float(y)

    (x, y), scale = point(face.centre), math.sqrt(abs(np.linalg.det(matrix[:, :2])))
    half = face.width * scale / 2, (face.box[3] - face.box[1]) * scale / 2
    return replace(
        face,
        box=(x - half[0], y - half[1], x + half[0], y + half[1]),
        eyes=face.eyes and (point(face.eyes[0]), point(face.eyes[1])),
        mouth=face.mouth and point(face.mouth),
        turn=face.turn + turn,
    )


def _distinct(faces: list[Face]) -> list[Face]:
    """The best of every group that lie on each other: with eyes, upright, of the highest score."""
    kept: list[Face] = []
    for face in sorted(faces, key=_rank, reverse=True):
        if not any(_same(face, other) for other in kept):
            kept.append(face)
    return kept


def _rank(face: Face) -> tuple:
    return face.eyes is not None, face.score - abs(face.turn) / 100


def _same(one: Face, other: Face) -> bool:
    apart = math.dist(one.centre, other.centre)
    return apart < 0.4 * max(one.width, other.width)
