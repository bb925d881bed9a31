"""Picture arrays: integers of the file, floats in [0, 1] of the work, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mmgenprior.utils.errors import UserError

Array = NDArray


def checked(picture: Array) -> Array:
    """The array itself, where it is a picture.

    Raises:
        UserError: If it is not H×W or H×W×C with a pixel at least, of bool, uint8, uint16 or float.
    """
    picture = np.asarray(picture)
    kind = picture.dtype
    if kind not in (np.uint8, np.uint16, np.bool_) and not np.issubdtype(kind, np.floating):
        raise UserError(f'a picture of {kind} is none: give uint8, uint16, or floats in [0, 1]')
    if picture.ndim not in (2, 3) or 0 in picture.shape:
        raise UserError(f'a picture of shape {picture.shape} is none: give H×W×3 or H×W')
    return picture


def to_float(picture: Array) -> Array:
    """A picture as floats in [0, 1]: float64 stays, everything else becomes float32."""
    picture = checked(picture)
    if np.issubdtype(picture.dtype, np.floating):
        return picture if picture.dtype == np.float64 else picture.astype(np.float32)
    top = 1 if picture.dtype == np.bool_ else np.iinfo(picture.dtype).max
    return picture.astype(np.float32) / np.float32(top)


def to_dtype(picture: Array, dtype: np.dtype) -> Array:
    """Floats in [0, 1] as another dtype; integers are rounded and clipped."""
    dtype = np.dtype(dtype)
    if np.issubdtype(dtype, np.floating):
        return picture.astype(dtype)
    if dtype == np.bool_:
        return picture >= 0.5
    top = np.iinfo(dtype).max
    return np.clip(np.rint(picture * top), 0, top).astype(dtype)


def as_colour(picture: Array) -> Array:
    """H×W or H×W×1 as H×W×3; three channels stay, an alpha channel is dropped."""
    if picture.ndim == 2:
        picture = picture[..., None]
    return np.repeat(picture, 3, axis=2) if picture.shape[2] < 3 else picture[..., :3]
