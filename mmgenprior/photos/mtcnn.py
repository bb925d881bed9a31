"""Faces by MTCNN (Zhang et al. 2016), as package facenet-pytorch has it; its weights are in it."""

from __future__ import annotations

import functools
import importlib.util
import math
from pathlib import Path

import numpy as np

from mmgenprior.photos.faces import Face
from mmgenprior.photos.values import Array
from mmgenprior.utils.errors import UserError

# Thresholds of the three networks; the last is above the authors' 0.7: fewer false alarms.
_THRESHOLDS = (0.6, 0.7, 0.9)
_PYRAMID = 0.709
FINDS_TURNED = True


def is_installed() -> bool:
    """Whether facenet-pytorch can be imported; it is not imported for that."""
    return importlib.util.find_spec('facenet_pytorch') is not None


@functools.lru_cache(maxsize=1)
def _networks():
    """The three networks with their weights, on the CPU.

    The package's own loading unpickles whatever the files hold on a torch before 2.6.
    """
    if not is_installed():
        raise UserError(
            "face detector 'mtcnn' is not installed: pip install 'mmgenprior[faces]', "
            "or use 'cascades'"
        )
    from facenet_pytorch.models import mtcnn

    from mmgenprior.weights.reading import read_checkpoint

    networks = []
    for name, kind in (('pnet', mtcnn.PNet), ('rnet', mtcnn.RNet), ('onet', mtcnn.ONet)):
        network = kind(pretrained=False)
        file = Path(mtcnn.__file__).parents[1] / 'data' / f'{name}.pt'
        network.load_state_dict(read_checkpoint(file))
        networks.append(network.eval().requires_grad_(False))
    return networks


def search(picture: Array, least: int) -> list[Face]:
    """Faces of any turn in the plane below some 40°.

    Args:
        picture: H×W×3 uint8, RGB.
        least: Width of the smallest face in pixels.
    """
    networks = _networks()
    import torch
    from facenet_pytorch.models.utils.detect_face import detect_face

    if min(picture.shape[:2]) < least:  # it cannot make a pyramid of no level
        return []
    with torch.no_grad():
        found, points = detect_face(picture, least, *networks, _THRESHOLDS, _PYRAMID, 'cpu')
    faces = []
    for row, five in zip(np.asarray(found[0], float), np.asarray(points[0], float)):
        left, right, _, *mouth = five
        box = tuple(float(x) for x in row[:4])
        middle = np.mean(mouth, axis=0)
        eyes = (float(left[0]), float(left[1])), (float(right[0]), float(right[1]))
        if _plausible(eyes, middle, box):
            corner = float(middle[0]), float(middle[1])
            faces.append(Face(box, eyes, float(row[4]), corner))
        else:
            faces.append(Face(box, None, float(row[4])))
    return faces


def _plausible(eyes, mouth, box) -> bool:
    """Whether two eyes and a mouth make a face, whatever hides a part of it."""
    width = box[2] - box[0]
    apart = math.dist(*eyes)
    middle = np.mean(eyes, axis=0)
    down = math.dist(middle, mouth)
    return 0.2 * width < apart < 0.75 * width and 0.5 * apart < down < 2.5 * apart
