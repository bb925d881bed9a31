"""What :mod:`mmgenprior.api.scene` does with arrays: measuring, reducing, filling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from mmgenprior.degradations import get_degradation

CENTRE = 0.5


def measured(pixels: np.ndarray, kinds: frozenset[str], known: np.ndarray | None) -> Tensor:
    """A damaged picture as the operator would have measured it, 1×C×h×w, centred."""
    y = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None].double() - CENTRE
    if 'grey' in kinds:
        # Of the picture, not normalised: a result that keeps its luminance measures exactly this.
        y = get_degradation('grey').physics.A(y)
    if known is not None:
        y = y * torch.from_numpy(known)
    return y


def reduction(side: float, size: int) -> int:
    """By what the prior's pictures are reduced where the photo has fewer pixels than they."""
    fitting = [n for n in range(1, size // 4 + 1) if size % n == 0 and size / n <= side * 1.05]
    return fitting[0] if fitting else size // 4


def fill(pixels: np.ndarray, known: np.ndarray) -> np.ndarray:
    """A picture whose holes have the values of the nearest known pixels."""
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(~known, return_distances=False, return_indices=True)
    return pixels[tuple(nearest)]


def jpeg_error(pixels: np.ndarray, quality: int) -> float:
    """Deviation of a JPEG file's error, from what the same compression does to a shifted copy.

    The blocks of a decoded file survive their own compression; four pixels further they do not
    (Nosratinia 2001 takes the mean of such copies for a restoration).
    """
    degradation = get_degradation(dict(physics=dict(type='JPEGCompression', quality=quality)))
    picture = torch.from_numpy(pixels.transpose(2, 0, 1).copy())[None].float()
    shifted = picture[..., 4:, 4:]
    return float((degradation.forward_operator(shifted) - shifted).square().mean().sqrt())


def on_arrays(function: Callable[[Tensor], Tensor]) -> Callable[[np.ndarray], np.ndarray]:
    """An operator of tensors for float64 arrays H×W×C."""

    def call(array: np.ndarray) -> np.ndarray:
        tensor = torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))[None]
        with torch.no_grad():
            return function(tensor)[0].numpy().transpose(1, 2, 0)

    return call
