"""Photos to try: drawn faces, damaged while the server starts; nothing of them is stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mmgenprior.app.uploads import Upload, empty

_SIZE = 64
_SHOWN = 192
PRIOR = 'dcgan_toyfaces'


@dataclass(frozen=True)
class Example:
    """A damaged face.

    Attributes:
        name: What it is called.
        damage: What it is restored with.
        pixels: H×W×3, or H×W where it is grey, uint8.
    """

    name: str
    damage: str
    pixels: np.ndarray

    def show(self, folder: Path) -> Path:
        """Write it to look at."""
        picture = Image.fromarray(self.pixels).convert('RGB')
        path = folder / f'{self.name}.png'
        picture.resize((_SHOWN, _SHOWN), Image.Resampling.NEAREST).save(path)
        return path

    def put(self, folder: Path) -> Upload:
        """The photo of a session that has chosen it."""
        empty(folder)
        path = folder / 'photo.png'
        Image.fromarray(self.pixels).save(path)
        return Upload(path, f'toy_face_{self.name}', *self.pixels.shape[:2])


def render_examples() -> tuple[Example, ...]:
    """One face of each damage; they are of the part of the family that no prior has seen."""
    from mmgenprior.datasets.toyfaces import render_face

    faces = [render_face(0, 'test', index, _SIZE) for index in range(4)]
    holed = faces[0].copy()
    # A colour that is in no face.
    holed[37:51, 21:43] = (255, 0, 255)
    grey = cv2.cvtColor(faces[1], cv2.COLOR_RGB2GRAY)
    small = _reduced(faces[2])
    noise = np.random.default_rng(0).normal(0, 25, faces[3].shape)
    noisy = np.rint(np.clip(faces[3] + noise, 0, 255)).astype(np.uint8)
    return (
        Example('hole', 'hole:#ff00ff', holed),
        Example('grey', 'grey', grey),
        Example('small', 'sr4', small),
        Example('noise', 'noise:25', noisy),
    )


def _reduced(face: np.ndarray) -> np.ndarray:
    """A face as ``sr4`` measures it, in 8 bits."""
    import torch

    from mmgenprior.degradations import get_degradation

    image = torch.from_numpy(face.transpose(2, 0, 1).copy())[None].float() / 255
    y = get_degradation('sr4').forward_operator(image)[0] + 0.5
    return y.clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).numpy()
