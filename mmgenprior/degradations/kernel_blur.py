"""Blur by any kernel: camera shake, a lens out of focus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mmgenprior.damages.kernels import read_kernel
from mmgenprior.degradations.base import DegradationError, ImageShape, LinearOperator
from mmgenprior.degradations.factors import PADDINGS
from mmgenprior.degradations.linear_solvers import linear_map, pseudo_inverse
from mmgenprior.registry import PHYSICS

_NUMPY_MODES = dict(circular='wrap', replicate='edge', reflect='reflect')
# Where the border's pixels come from nowhere.
_OUTSIDE = -1
# Gains that no arithmetic inverts, of the largest.
_ROUNDING = 1e-9


@PHYSICS.register_module()
class KernelBlur(LinearOperator):
    """Convolution with a kernel, which is what a point of light becomes.

    The size does not change; the middle of the kernel, of an even side the pixel before it, is
    where the point was. The pseudo-inverse is found by conjugate gradients, which leave alone what
    the kernel nearly loses: it is exact only as far as ``tol`` says.

    Args:
        kernel: Rows of weights, or a file, see :func:`mmgenprior.damages.kernels.read_kernel`;
            scaled to the sum 1.
        padding: ``'circular'``, ``'zeros'``, ``'replicate'`` or ``'reflect'``.
        tol: Relative size of the gradient at which the pseudo-inverse stops; None takes rounding.
        max_iter: Its iterations after which a warning is given.

    Raises:
        DegradationError: If an argument is out of range.
        KernelError: If the kernel is none.
    """

    def __init__(
        self,
        kernel: str | Sequence[Sequence[float]],
        padding: str = 'replicate',
        tol: float | None = 1e-2,
        max_iter: int = 1000,
    ) -> None:
        super().__init__()
        if padding not in PADDINGS:
            raise DegradationError(
                f'KernelBlur: padding={padding!r} is none of {", ".join(PADDINGS)}'
            )
        self.kernel = torch.tensor(read_kernel(kernel).rows, dtype=torch.float64)
        self.padding = padding
        # Not deepinv's `tol` and `max_iter`, which its own solvers read.
        self.inverse_tol = tol
        self.inverse_iterations = max_iter

    def _sources(self, size: int, axis: int) -> list[int]:
        """Pixel that every one of the padded axis repeats."""

        def build() -> list[int]:
            taps = self.kernel.shape[axis]
            # A convolution reads backwards: the smaller half of an even kernel comes last.
            widths = (taps // 2, (taps - 1) // 2)
            if self.padding == 'zeros':
                return np.pad(np.arange(size), widths, constant_values=_OUTSIDE).tolist()
            return np.pad(np.arange(size), widths, mode=_NUMPY_MODES[self.padding]).tolist()

        return self.cached(('sources', size, axis), build)

    def _padded(self, x: Tensor, axis: int) -> Tensor:
        def build() -> Tensor:
            return torch.tensor(self._sources(x.shape[axis], axis - 2), device=x.device)

        sources = self.cached(('padding', x.shape[axis], axis, x.device), build)
        padded = x.index_select(axis, sources.clamp(min=0))
        if self.padding != 'zeros':
            return padded
        shape = [1] * x.dim()
        shape[axis] = -1
        return padded * (sources != _OUTSIDE).to(x).view(shape)

    def _folded(self, y: Tensor, size: int, axis: int) -> Tensor:
        """Transpose of :meth:`_padded`: what stands in the border goes where it came from."""
        sources = self._sources(size, axis - 2)
        before = self.kernel.shape[axis - 2] // 2
        folded = y.narrow(axis, before, size).clone()
        for index, source in enumerate(sources):
            if not before <= index < before + size and source != _OUTSIDE:
                folded.select(axis, source).add_(y.select(axis, index))
        return folded

    def _spectrum(self, shape: tuple[int, int], like: Tensor) -> Tensor:
        def build() -> Tensor:
            dtype = torch.complex128 if like.dtype == torch.float64 else torch.complex64
            return torch.fft.rfft2(self.kernel, s=shape).to(like.device, dtype)

        return self.cached(('spectrum', shape, like.dtype, like.device), build)

    def _forward(self, x: Tensor) -> Tensor:
        padded = self._padded(self._padded(x, 2), 3)
        shape = tuple(padded.shape[2:])
        full = torch.fft.irfft2(torch.fft.rfft2(padded) * self._spectrum(shape, x), s=shape)
        height, width = x.shape[2:]
        return full[..., shape[0] - height :, shape[1] - width :].contiguous()

    def _transpose(self, y: Tensor) -> Tensor:
        height, width = y.shape[2:]
        rows, columns = (taps - 1 for taps in self.kernel.shape)
        full = torch.nn.functional.pad(y, (columns, 0, rows, 0))
        shape = tuple(full.shape[2:])
        spectrum = self._spectrum(shape, y).conj()
        padded = torch.fft.irfft2(torch.fft.rfft2(full) * spectrum, s=shape)
        return self._folded(self._folded(padded, height, 2), width, 3)

    def null_space_diagonal(self, image_shape: ImageShape, like: Tensor) -> Tensor:
        """The same everywhere: the share of frequencies that the kernel loses, as if on a torus."""

        def build() -> Tensor:
            gains = torch.fft.fft2(self.kernel, s=image_shape[1:]).abs()
            least = self.inverse_tol or _ROUNDING
            return (gains < least * gains.max()).double().mean()

        lost = self.cached(('lost', *image_shape[1:]), build)
        return lost.to(like).expand(1, *image_shape)

    def A(self, x: Tensor, **kwargs: Tensor) -> Tensor:
        """Blur.

        Args:
            x: Images, B×C×H×W.
            **kwargs: Ignored.

        Returns:
            Blurred ones of the same shape.
        """
        maps = (self._forward, self._transpose)
        return linear_map(x, *maps, tangents=maps)

    def A_adjoint(self, y: Tensor, **kwargs: Tensor) -> Tensor:
        """Transpose: correlation with the kernel, what falls over the border folded back.

        Args:
            y: Measurements, B×C×H×W.
            **kwargs: Ignored.

        Returns:
            Images of the same shape.
        """
        maps = (self._transpose, self._forward)
        return linear_map(y, *maps, tangents=maps)

    def A_dagger(self, y: Tensor, **kwargs: Tensor) -> Tensor:
        """Pseudo-inverse by conjugate gradients.

        Args:
            y: Measurements, B×C×H×W.
            **kwargs: Ignored.

        Returns:
            Images of the same shape.
        """
        inverse = (self.inverse_tol, self.inverse_iterations)
        return pseudo_inverse(y, self.A, self.A_adjoint, *inverse)
