"""Ranges and channel orders: the only file that converts between them.

Inside the package a picture is RGB on the scale [0, 1]. MMagic's data sets, metrics and files are
BGR on [0, 255]; generators and discriminators each have a range and an order of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mmgenprior.utils.errors import UserError

CHANNEL_ORDERS = ('rgb', 'bgr')


def checked_format(
    owner: str, value_range: Sequence[float], channel_order: str
) -> tuple[tuple[float, float], str]:
    """Range and channel order of a network, as a config gives them.

    Args:
        owner: Whose they are, for the message.
        value_range: Its values for black and white.
        channel_order: ``'rgb'`` or ``'bgr'``.

    Raises:
        UserError: If the range does not ascend or there is no such order.
    """
    low, high = (float(value) for value in value_range)
    if not low < high:
        raise UserError(
            f'{owner}: a range of ({low}, {high}) is none: give (black, white), ascending'
        )
    if channel_order not in CHANNEL_ORDERS:
        raise UserError(f"{owner}: channel_order='{channel_order}' is unknown: use 'rgb' or 'bgr'")
    return (low, high), channel_order


def from_network(image: Tensor, value_range: Sequence[float], channel_order: str) -> Tensor:
    """B×3×H×W in a network's range and channel order to RGB on the [0, 1] scale."""
    low, high = value_range
    image = (image - low) / (high - low)
    return image.flip(1) if channel_order == 'bgr' else image


def to_network(image: Tensor, value_range: Sequence[float], channel_order: str) -> Tensor:
    """Inverse of :func:`from_network`."""
    low, high = value_range
    image = image * (high - low) + low
    return image.flip(1) if channel_order == 'bgr' else image


def rgb01(image: Tensor) -> Tensor:
    """…×3×H×W, BGR on the scale [0, 255] to RGB on [0, 1], in the dtype that it has."""
    return image.flip(-3) / 255


def bgr255(image: Tensor) -> Tensor:
    """Inverse of :func:`rgb01`; neither rounded nor clamped."""
    return image.flip(-3) * 255


def swapped(image: Tensor) -> Tensor:
    """…×3×H×W in the other channel order, whatever the scale."""
    return image.flip(-3)


def array_of(image: Tensor) -> np.ndarray:
    """A picture as a float32 array of the same shape, off the device."""
    return image.detach().float().cpu().numpy()


def hwc_rgb01(image: Tensor) -> Tensor:
    """3×H×W, BGR on the scale [0, 255] to H×W×3 float64, RGB on [0, 1], as scikit-image has it."""
    return rgb01(image.detach().cpu().double()).permute(1, 2, 0)


def to_rgb01(image: np.ndarray, channel_order: str = 'bgr') -> np.ndarray:
    """H×W×C in an order, or grey, in [0, 255] → 3×H×W RGB in [0, 1], float32."""
    if image.ndim == 2:
        image = image[..., None]
    if image.shape[2] == 1:
        rgb = np.repeat(image, 3, axis=2)
    else:
        rgb = image if channel_order == 'rgb' else image[..., ::-1]
    return np.ascontiguousarray(rgb.transpose(2, 0, 1), dtype=np.float32) / np.float32(255)


def to_bgr255(image: np.ndarray) -> np.ndarray:
    """3×H×W RGB in [0, 1] → H×W×3 BGR in [0, 255], float32, not rounded."""
    return np.ascontiguousarray(image[::-1].transpose(1, 2, 0), dtype=np.float32) * np.float32(255)


def to_uint8(image: np.ndarray | Tensor) -> np.ndarray:
    """C×H×W BGR or grey in [0, 255] → H×W×3 uint8, rounded and clipped."""
    if isinstance(image, torch.Tensor):
        image = array_of(image)
    image = np.rint(np.clip(np.nan_to_num(image), 0, 255)).astype(np.uint8)
    image = image.repeat(3, axis=0) if image.shape[0] == 1 else image
    return np.ascontiguousarray(image.transpose(1, 2, 0))


def gaussian_blur(image: Tensor, deviation: float, outside: str = 'constant') -> Tensor:
    """B×C×H×W behind a Gaussian blur, cut off at three deviations.

    Args:
        image: B×C×H×W.
        deviation: Of the Gaussian, in pixels.
        outside: What lies beyond the border: ``'constant'`` zeros, or ``'replicate'``.
    """
    radius = max(1, round(3 * deviation))
    offsets = torch.arange(-radius, radius + 1, dtype=image.dtype, device=image.device)
    kernel = torch.softmax(-0.5 * (offsets / deviation).square(), dim=0)
    planes = F.pad(image.flatten(0, 1)[:, None], (radius,) * 4, mode=outside)
    planes = F.conv2d(F.conv2d(planes, kernel.view(1, 1, -1, 1)), kernel.view(1, 1, 1, -1))
    return planes.view_as(image)
