"""A photo of 1200×800 pixels made of real faces in a drawn room."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mmgenprior.photos import Framing, Placement

# As the catalogue has it for CelebA-HQ.
CELEBA_HQ = Framing('x', ((0.373, 0.468), (0.63, 0.468)), (0.5, 0.737))
# Number of the face, centre, side of its 256-pixel picture in the photo, degrees turned.
SPOTS = ((2, (330, 330), 380, 8.0), (5, (760, 300), 240, -14.0), (9, (1040, 470), 170, 0.0))


@dataclass(frozen=True)
class Spot:
    """Where a face was put, and its own picture."""

    placement: Placement
    face: np.ndarray

    @property
    def eyes(self):
        """Where its eyes must be found, 2×2."""
        matrix = self.placement.matrix
        return np.array(CELEBA_HQ.eyes) @ matrix[:, :2].T + matrix[:, 2]


def read(path: Path) -> np.ndarray:
    """A picture file, RGB."""
    return cv2.imread(str(path))[..., ::-1].copy()


def room(height: int = 800, width: int = 1200) -> np.ndarray:
    """A wall with a window, a table and grain, uint8 RGB: no face."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    wall = np.stack([150 - y / 20, 140 - x / 30, 120 + y / 40], -1)
    stripes = 6 * np.sin(x / 17)[..., None]
    picture = wall + stripes
    cv2.rectangle(picture, (840, 60), (1140, 330), (205, 220, 235), -1)
    cv2.rectangle(picture, (840, 60), (1140, 330), (90, 70, 50), 12)
    cv2.line(picture, (990, 60), (990, 330), (90, 70, 50), 8)
    cv2.rectangle(picture, (0, 640), (width, height), (96, 66, 44), -1)
    cv2.circle(picture, (600, 700), 60, (190, 60, 50), -1)
    grain = np.random.default_rng(0).normal(0, 3, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def scene(faces: Path, spots=SPOTS, shape=(800, 1200)) -> tuple[np.ndarray, list[Spot]]:
    """The room with people in it, uint8 RGB, and where they are, largest first."""
    photo, people = room(*shape), []
    for number, centre, side, angle in spots:
        face = read(faces / f'{number:03d}.png')
        placement = Placement(centre, side, angle, face.shape[0])
        # A head before the wall: the picture's own backdrop fades in an ellipse.
        y, x = np.mgrid[:256, :256]
        far = np.hypot((x - 127.5) / 122, (y - 127.5) / 126)
        share = np.clip((1 - far) / 0.12, 0, 1).astype(np.float32)
        where, spread = placement.spread(face, photo.shape)
        _, mask = placement.spread(share, photo.shape)
        _, points = placement.points(photo.shape)
        mask = np.where((np.abs(points - 0.5) < 0.5).all(-1), mask, 0)[..., None]
        photo[where] = np.rint(photo[where] * (1 - mask) + 255 * spread * mask)
        people.append(Spot(placement, face))
    return photo, people


def turned_by(eyes) -> float:
    """Degrees from the left eye to the right one."""
    (x0, y0), (x1, y1) = eyes
    return math.degrees(math.atan2(y1 - y0, x1 - x0))
