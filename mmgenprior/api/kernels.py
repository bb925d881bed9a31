"""The kernel of a blur: given beside the damage, read once, and fitted to a square of the photo."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mmgenprior.api.arguments import ArgumentError
from mmgenprior.api.proposal import AUTO
from mmgenprior.damages import DamageChain, parse_damage
from mmgenprior.damages.kernels import Kernel, KernelError, read_kernel

if TYPE_CHECKING:
    from mmgenprior.photos import Placement


def with_kernel(
    damage: str | DamageChain, kernel: Any, has_mask: bool = False
) -> str | DamageChain:
    """The damage with its kernel read.

    Args:
        damage: As it was named.
        kernel: Width in pixels, file or array, given beside the name; None where the name, or
            nothing, says it.
        has_mask: Whether a mask is given too, of which ``'auto'`` makes a hole.

    Raises:
        ArgumentError: If it is no kernel, the damage has no blur, or has two kernels.
    """
    if damage == AUTO:
        if kernel is None:
            return damage
        damage = 'blur+hole' if has_mask else 'blur'
    chain = parse_damage(damage) if isinstance(damage, str) else damage
    blur = chain.get('blur')
    if kernel is not None:
        if blur is None:
            raise ArgumentError(f"a kernel is given, but damage '{chain}' has no blur: add +blur")
        if blur.value is not None:
            raise ArgumentError(
                f"damage '{chain}' says its blur, and a kernel is given too: leave one out"
            )
        if not isinstance(kernel, (int, float, str)) or isinstance(kernel, bool):
            return chain.replaced('blur', _read(kernel))
        # A width, or a file, as it is written behind the name.
        (blur,) = parse_damage(f'blur:{kernel}').damages
        chain = chain.replaced('blur', blur.value)
    if blur is not None and isinstance(blur.value, str):
        chain = chain.replaced('blur', _read(blur.value))
    return chain


def _read(kernel: Any) -> Kernel:
    try:
        return read_kernel(kernel)
    except KernelError as error:
        raise ArgumentError(str(error)) from None


def kernel_in(kernel: Kernel, square: Placement) -> Kernel:
    """What a kernel of the photo is in a square of it, turned and scaled.

    Args:
        kernel: In pixels of the photo.
        square: Where the prior draws.
    """
    weights = np.asarray(kernel.rows)
    # A weight stands for its whole pixel: cut so fine that no pixel of the square is left out.
    pieces = max(1, math.ceil(2 / square.magnification))
    within = (np.arange(pieces) + 0.5) / pieces - 0.5
    height, width = weights.shape
    down = (np.arange(height) - (height - 1) // 2)[:, None] + within
    across = (np.arange(width) - (width - 1) // 2)[:, None] + within
    y, x = (grid.ravel() for grid in np.meshgrid(down.ravel(), across.ravel(), indexing='ij'))
    masses = np.repeat(np.repeat(weights, pieces, 0), pieces, 1).ravel() / pieces**2
    x, y = np.linalg.inv(square.matrix[:, :2]) @ np.stack([x, y]) * square.size
    radius = math.ceil(max(np.abs(x).max(), np.abs(y).max())) + 1
    found = np.zeros((2 * radius + 1,) * 2)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    for row in (0, 1):
        for column in (0, 1):
            share = np.abs(1 - row - (y - top)) * np.abs(1 - column - (x - left))
            np.add.at(found, (top + row + radius, left + column + radius), masses * share)
    return read_kernel(found)


def spread_of(kernel: Kernel) -> float:
    """Standard deviation of a kernel in pixels, the mean of both directions."""
    weights = np.asarray(kernel.rows)
    variances = []
    for axis in (0, 1):
        line = weights.sum(axis=1 - axis)
        places = np.arange(len(line))
        variances.append((line * (places - (line * places).sum()) ** 2).sum())
    return math.sqrt(sum(variances) / 2)
