"""1-D kernels and the matrices of their padded, strided correlation, in float64."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mmgenprior.degradations.base import DegradationError

PADDINGS = ('circular', 'zeros', 'replicate', 'reflect')


def keys_cubic(t: np.ndarray, a: float = -0.5) -> np.ndarray:
    """Keys' cubic convolution kernel (IEEE TASSP 1981, eq. 4 for a = -0.5), support [-2, 2]."""
    t = np.abs(t)
    inner = (a + 2) * t**3 - (a + 3) * t**2 + 1
    outer = a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a
    return np.where(t < 1, inner, np.where(t < 2, outer, 0.0))


def lanczos(t: np.ndarray, lobes: int = 2) -> np.ndarray:
    """Lanczos kernel sinc(t)·sinc(t / lobes) on [-lobes, lobes]."""
    return np.where(np.abs(t) < lobes, np.sinc(t) * np.sinc(t / lobes), 0.0)


def downsampling_kernel(function: Callable[[np.ndarray], np.ndarray], factor: int) -> Tensor:
    """Sample a kernel of support [-2, 2] for anti-aliased downsampling.

    The kernel is stretched by the factor s and sampled at 4s (s even) or
    4s + 1 (s odd) points placed symmetrically about the centre of s pixels, as
    in the IAGAN code, then normalised to sum one.

    Args:
        function: The continuous kernel.
        factor: The downsampling factor s.

    Returns:
        Float64 tensor of 4s + s % 2 taps.
    """
    taps = 4 * factor + factor % 2
    grid = np.arange(taps) - (taps - 1) / 2
    kernel = function(grid / factor)
    return torch.from_numpy(kernel / kernel.sum())


def gaussian_kernel(sigma: float, truncate: float = 4.0) -> Tensor:
    """Normalised Gaussian of standard deviation ``sigma`` pixels, cut at ``truncate`` sigma."""
    radius = math.ceil(truncate * sigma)
    grid = torch.arange(-radius, radius + 1, dtype=torch.float64)
    kernel = torch.exp(-0.5 * (grid / sigma) ** 2)
    return kernel / kernel.sum()


def correlation_matrix(
    kernel: Tensor, size: int, before: int, after: int, padding: str, stride: int = 1
) -> Tensor:
    """Matrix of a strided correlation of a padded signal with a kernel.

    Args:
        kernel: Taps, shape (T,), float64.
        size: Length n of the signal.
        before: Padding on the left, in samples.
        after: Padding on the right, in samples.
        padding: One of ``'circular'``, ``'zeros'``, ``'replicate'``, ``'reflect'``.
        stride: Step s between outputs.

    Returns:
        Float64 matrix m×n with m = (n + before + after - T) // s + 1.

    Raises:
        DegradationError: If the signal is too short for one output.
    """
    taps = kernel.numel()
    rows = (size + before + after - taps) // stride + 1
    if rows < 1:
        raise DegradationError(
            f'an image side of {size} pixels is too short for a kernel of {taps} taps at stride '
            f'{stride}'
        )
    source = np.arange(rows)[:, None] * stride - before + np.arange(taps)[None]
    weight = np.broadcast_to(kernel.numpy(), source.shape)
    row = np.broadcast_to(np.arange(rows)[:, None], source.shape)
    if padding == 'zeros':
        inside = (source >= 0) & (source < size)
        source, weight, row = source[inside], weight[inside], row[inside]
    elif padding == 'circular':
        source = source % size
    elif padding == 'replicate':
        source = source.clip(0, size - 1)
    elif padding == 'reflect':
        period = max(2 * (size - 1), 1)
        source = source % period
        source = np.minimum(source, period - source) if size > 1 else source * 0
    else:
        raise DegradationError(f'padding={padding!r} is none of {", ".join(PADDINGS)}')
    matrix = np.zeros((rows, size))
    np.add.at(matrix, (row, source), weight)
    return torch.from_numpy(matrix)


def interpolation_matrix(size: int, target: int, mode: str) -> Tensor:
    """Matrix of ``F.interpolate(mode=..., align_corners=False)`` along one axis.

    Args:
        size: Length n of the input.
        target: Length m of the output.
        mode: ``'bilinear'`` or ``'bicubic'`` (PyTorch's a = -0.75).

    Returns:
        Float64 matrix m×n.
    """
    impulses = torch.eye(size, dtype=torch.float64)[None, :, :, None]
    # Each channel is one impulse; the second spatial axis has a single, untouched sample.
    response = F.interpolate(impulses, size=(target, 1), mode=mode, align_corners=False)
    return response[0, :, :, 0].t().contiguous()
