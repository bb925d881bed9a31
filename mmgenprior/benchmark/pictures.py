"""Pictures to restore, and their measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from mmgenprior.datasets.toyfaces.parameters import FIRST_UNSEEN
from mmgenprior.datasets.toyfaces.render import render_face
from mmgenprior.degradations import get_degradation
from mmgenprior.images import to_rgb01
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.image_io import read_image


@dataclass
class Pictures:
    """Ground truth.

    Attributes:
        images: B×3×H×W, RGB on [0, 1], on the CPU.
        keys: One of each.
    """

    images: Tensor
    keys: Sequence[str]

    def __len__(self) -> int:
        return len(self.keys)


def toy_faces(count: int, side: int = 64, training: bool = False, seed: int = 0) -> Pictures:
    """Toy faces that no generator was trained on, rendered at any size.

    Args:
        count: How many.
        side: In pixels.
        training: Of the training split, to choose settings on.
        seed: Seed of the family.
    """
    split, first = ('train', FIRST_UNSEEN) if training else ('test', 0)
    numbers = range(first, first + count)
    arrays = [torch.from_numpy(render_face(seed, split, n, side).copy()) for n in numbers]
    images = torch.stack(arrays).permute(0, 3, 1, 2).float() / 255
    return Pictures(images.contiguous(), [f'{split}-{n:06d}' for n in numbers])


def photographs(folder: Path, count: int | None = None, side: int = 64) -> Pictures:
    """The first PNG pictures of a folder, all of one size.

    Raises:
        UserError: If there are none, or one is of another size.
    """
    paths = sorted(folder.glob('*.png'))[:count]
    if not paths:
        raise UserError(f"'{folder}' holds no PNG pictures: set MGP_DATA_ROOT to the folder above")
    images = []
    for path in paths:
        image = torch.from_numpy(to_rgb01(read_image(path)))
        if tuple(image.shape) != (3, side, side):
            raise UserError(f"'{path}' is not of {side}×{side} pixels: resize it")
        images.append(image)
    return Pictures(torch.stack(images), [path.stem for path in paths])


def degraded(pictures: Pictures, degradation: dict, device: str = 'cpu') -> MeasurementBatch:
    """Exact measurements of pictures; the true operator is used, as for a photograph."""
    shape = tuple(pictures.images.shape[1:])
    y = get_degradation(degradation).bind({}, shape).forward_operator(pictures.images).to(device)
    return MeasurementBatch(y, get_degradation(degradation, device), shape, list(pictures.keys))
