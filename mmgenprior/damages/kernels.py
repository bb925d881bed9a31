"""What a point of light became: the kernel of a blur, from a file or an array."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgenprior.utils.errors import ConfigError, UserError

if TYPE_CHECKING:
    import numpy as np

MOST_TAPS = 99
# Picture formats in which a kernel keeps its numbers.
KERNEL_SUFFIXES = ('.npy', '.png', '.pgm', '.tif', '.tiff', '.bmp')


class KernelError(ConfigError, ValueError):
    """A file or an array that is no blur kernel."""


@dataclass(frozen=True)
class Kernel:
    """A blur kernel (point spread function), of sum 1.

    Attributes:
        rows: Its weights, row by row; the middle one is where the point was.
        name: What it is called in reports.
    """

    rows: tuple[tuple[float, ...], ...]
    name: str = field(compare=False)

    def __str__(self) -> str:
        return self.name

    @property
    def digest(self) -> str:
        """Of the weights."""
        return hashlib.sha256(repr(self.rows).encode()).hexdigest()


def is_kernel_file(text: str) -> bool:
    """Whether a text names a file that could hold a kernel."""
    return text.lower().endswith(KERNEL_SUFFIXES)


def read_kernel(given: Any) -> Kernel:
    """A kernel from what people have.

    Args:
        given: ``.npy`` file of h×w numbers, picture file whose brightness is the weight, or such an
            array or tensor; of any sum, without negative weights.

    Returns:
        The kernel, without an empty border that all four sides have.

    Raises:
        KernelError: In one line, if it is none.
    """
    import numpy as np

    if isinstance(given, Kernel):
        return given
    if isinstance(given, (str, os.PathLike)):
        path = Path(given).expanduser()
        return _kernel(_read_file(path), f"kernel '{path}'", path.name)
    if hasattr(given, 'detach'):  # a tensor, without an import of torch
        given = given.detach().cpu().numpy()
    if not isinstance(given, (np.ndarray, list, tuple)):
        raise KernelError(
            f'a {type(given).__name__} is no blur kernel: give its width in pixels, a file or an '
            'array'
        )
    return _kernel(given, 'the kernel', None)


def _read_file(path: Path) -> np.ndarray:
    import numpy as np

    from mmgenprior.utils.image_io import read_image

    if not path.is_file():
        raise KernelError(f"kernel '{path}': there is no such file")
    if path.suffix.lower() != '.npy':
        try:
            return read_image(path).mean(axis=2)
        except UserError as error:
            raise KernelError(f"kernel '{path}': {error}") from None
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = ' '.join(str(error).split())
        raise KernelError(f"kernel '{path}' is no .npy file of numbers: {reason}") from None


def _kernel(given: Any, what: str, name: str | None) -> Kernel:
    import numpy as np

    try:
        weights = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise KernelError(f'{what} does not hold numbers') from None
    if weights.ndim != 2 or not weights.size:
        raise KernelError(f'{what} has the shape {weights.shape}: give h×w numbers')
    if not np.isfinite(weights).all() or weights.min() < 0:
        raise KernelError(f'{what} must hold finite weights from 0')
    if not weights.sum() > 0:
        raise KernelError(f'{what} is 0 everywhere')
    weights = _without_border(weights)
    if max(weights.shape) > MOST_TAPS:
        height, width = weights.shape
        raise KernelError(f'{what} is {width}×{height} pixels, and {MOST_TAPS} a side are the most')
    weights = weights / weights.sum()
    rows = tuple(tuple(map(float, row)) for row in weights)
    if name is None:
        height, width = weights.shape
        name = f'{width}×{height}-{hashlib.sha256(repr(rows).encode()).hexdigest()[:8]}'
    return Kernel(rows, name)


def _without_border(weights: np.ndarray) -> np.ndarray:
    """The same around the same middle, smaller."""
    for axis in (0, 1):
        line = weights.sum(axis=1 - axis) > 0
        margin = min(int(line.argmax()), int(line[::-1].argmax()))
        weights = weights.take(range(margin, len(line) - margin), axis)
    return weights
