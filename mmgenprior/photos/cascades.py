"""Faces by OpenCV's Haar cascades, which come with it: no further package, no network."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import cv2

from mmgenprior.photos.faces import Face
from mmgenprior.photos.values import Array
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.framing import Point

FINDS_TURNED = False
_NEIGHBOURS = 4
# A face whose eyes are not seen must be found by so many windows more: fewer false alarms.
_WITHOUT_EYES = 8
# Windows of the eye cascade lie to the left of the eyes, in parts of the face's width; measured on
# real faces by the eyes that the network finds.
_BIAS = 0.017
# Width in pixels at which a face is searched for eyes.
_EYES_AT = 200


@functools.lru_cache
def _cascade(name: str):
    folder = getattr(getattr(cv2, 'data', None), 'haarcascades', '')
    file = Path(folder) / f'haarcascade_{name}.xml'
    if not hasattr(cv2, 'CascadeClassifier') or not file.is_file():
        raise UserError(
            f'this OpenCV ({cv2.__version__}) has no cascades to find faces with: '
            "pip install 'mmgenprior[faces]' (OpenCV 5 has them in opencv-contrib-python only)"
        )
    return cv2.CascadeClassifier(str(file))


def search(picture: Array, least: int) -> list[Face]:
    """Upright faces, within some 15°.

    Args:
        picture: H×W×3 uint8, RGB.
        least: Width of the smallest face in pixels.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    # Noise hides a face from a cascade, and slight blur does not. Equalised, fewer are found.
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.0)
    boxes, counts = _cascade('frontalface_alt2').detectMultiScale2(
        smooth, 1.1, _NEIGHBOURS, minSize=(least, least)
    )
    faces = []
    for (x, y, width, height), count in zip(boxes, counts):
        eyes = _eyes(grey[y : y + height, x : x + width])
        if eyes is None and count < _WITHOUT_EYES:
            continue
        shifted = eyes and tuple((x + a, y + b) for a, b in eyes)
        box = tuple(map(float, (x, y, x + width, y + height)))
        faces.append(Face(box, shifted, float(count) / (float(count) + 5)))
    return faces


def _eyes(face: Array) -> tuple[Point, Point] | None:
    """The most plausible pair of eyes in the picture of a face."""
    side = face.shape[0]
    zoom = _EYES_AT / side
    method = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    upper = cv2.resize(face[: round(0.62 * side)], None, fx=zoom, fy=zoom, interpolation=method)
    least, most = (round(part * _EYES_AT) for part in (0.14, 0.42))
    boxes = _cascade('eye').detectMultiScale(
        upper, 1.1, 3, minSize=(least, least), maxSize=(most, most)
    )
    centres = [((x + w / 2) / zoom + _BIAS * side, (y + h / 2) / zoom) for x, y, w, h in boxes]
    best, least_odd = None, 0.12
    for left in centres:
        for right in centres:
            across, down = (right[0] - left[0]) / side, (right[1] - left[1]) / side
            if not 0.28 < across < 0.55 or abs(down) > 0.35 * across:
                continue
            middle = (left[0] + right[0]) / 2 / side, (left[1] + right[1]) / 2 / side
            odd = math.dist(middle, (0.5, 0.39)) + abs(across - 0.4) / 2
            if odd < least_odd:
                best, least_odd = (left, right), odd
    return best
