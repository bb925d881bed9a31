"""What :mod:`mmgenprior.api.scene` does with arrays: measuring, reducing, filling, adding."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from mmgenprior.degradations import get_degradation
from mmgenprior.photos import Placement

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


def add_spread(result: np.ndarray, square: Placement, difference: np.ndarray) -> None:
    """Add what a square lacks, in place, faded out at its border."""
    # Spread clips to [0, 1].
    where, spread = square.spread((0.5 + difference / 2).clip(0, 1), result.shape)
    share = square.window(result.shape)[where][..., None]
    result[where] += share * (2 * spread - 1)


def soften_seam(
    result: np.ndarray, photo: np.ndarray, square: Placement, image: np.ndarray, hole: np.ndarray
) -> None:
    """Lead what was pasted into a hole up to the values around it, in place.

    A prior's pixel is several of the photo: at the rim of a hole its picture misses what is finer.
    That difference is carried into the hole, smoothed and fading out within a pixel or two of the
    prior's.

    Args:
        result: H×W×3, with the picture in the hole.
        photo: H×W×3, right where there is no hole.
        square: Where the picture lies.
        image: size×size×3.
        hole: H×W bool.
    """
    import cv2
    from scipy.ndimage import distance_transform_edt

    (rows, columns), spread = square.spread(image.clip(0, 1), result.shape)
    gap = hole[rows, columns]
    if not gap.any() or gap.all():
        return
    width = max(1.0, square.magnification)
    known = (~gap).astype(np.float64)
    difference = (photo[rows, columns] - spread) * known[..., None]
    blurred = cv2.GaussianBlur(difference, (0, 0), width)
    weight = cv2.GaussianBlur(known, (0, 0), width)
    carried = blurred / np.maximum(weight, 1e-3)[..., None]
    fading = np.exp(-((distance_transform_edt(gap) / (1.5 * width)) ** 2))
    share = (fading * gap * square.window(result.shape)[rows, columns])[..., None]
    result[rows, columns] += share * carried


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


def box_of(window: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of what is not 0."""
    rows, columns = np.flatnonzero(window.any(1)), np.flatnonzero(window.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def on_arrays(function: Callable[[Tensor], Tensor]) -> Callable[[np.ndarray], np.ndarray]:
    """An operator of tensors for float64 arrays H×W×C."""

    def call(array: np.ndarray) -> np.ndarray:
        tensor = torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))[None]
        with torch.no_grad():
            return function(tensor)[0].numpy().transpose(1, 2, 0)

    return call
