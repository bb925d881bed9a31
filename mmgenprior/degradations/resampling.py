"""Downsampling of the IAGAN, DGP and mGANprior papers, and the interpolations that go with it."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mmgenprior.degradations.base import DegradationError, ImageShape, NonlinearOperator
from mmgenprior.degradations.factors import (
    PADDINGS,
    correlation_matrix,
    downsampling_kernel,
    interpolation_matrix,
    keys_cubic,
    lanczos,
)
from mmgenprior.degradations.separable import SeparableOperator, _Sandwich
from mmgenprior.registry import PHYSICS
from mmgenprior.utils.limits import PositiveInt


def _check_factor(name: str, factor: int) -> int:
    if isinstance(factor, bool) or int(factor) != factor or factor < 1:
        raise DegradationError(f'{name}: factor={factor!r} must be an integer of at least 1')
    return int(factor)


def _check_padding(name: str, padding: str) -> str:
    if padding not in PADDINGS:
        raise DegradationError(f'{name}: padding={padding!r} is none of {", ".join(PADDINGS)}')
    return padding


class _KernelDownsampling(SeparableOperator):
    """Correlation with a kernel of s taps or more at stride s, padded by (taps - s) / 2.

    An image side that is no multiple of s loses its last side % s pixels'
    outputs (h = side // s); then the measurement alone does not tell the image
    size, and :attr:`image_shape` must be set for the adjoint and the inverse
    (``Degradation.bind`` does).
    """

    def __init__(
        self, factor: PositiveInt, kernel: Tensor, padding: str, rcond: float | None
    ) -> None:
        super().__init__(rcond)
        self.downsampling = factor
        self.padding = _check_padding(type(self).__name__, padding)
        self.taps = kernel

    @property
    def kernel(self) -> Tensor:
        """The 2-D kernel, float64, square, sum one."""
        return torch.outer(self.taps, self.taps)

    def factor(self, size: int, axis: int) -> Tensor | None:
        """Matrix of the padded, strided correlation along one axis."""
        pad = (len(self.taps) - self.downsampling) // 2
        return correlation_matrix(self.taps, size, pad, pad, self.padding, self.downsampling)

    def output_size(self, size: int, axis: int) -> int:
        """Length of the measurement of an image axis of length ``size``."""
        if size < self.downsampling:
            raise DegradationError(
                f'{type(self).__name__}: an image side of {size} pixels is shorter than the '
                f'factor {self.downsampling}'
            )
        return size // self.downsampling

    def input_size(self, size: int, axis: int) -> int:
        """Length of an image axis whose measurement has length ``size``."""
        return size * self.downsampling


@PHYSICS.register_module()
class BicubicDownsampling(_KernelDownsampling):
    """Anti-aliased bicubic downsampling of the IAGAN paper ("Super-resolution").

    Keys' kernel with a = -0.5 stretched by the factor, normalised, zero
    padding, as ``downsample_bicubic`` of the official code.

    Args:
        factor: Integer factor s.
        padding: Border handling; the official code pads with zeros, which is
            mid-grey for images in [-1, 1] (``centre=0.5`` of the degradation).
        pseudo_inverse: ``'closed_form'`` is the exact A†. ``'bicubic'`` is the
            paper's stand-in, ``F.interpolate(mode='bicubic')`` (a = -0.75):
            A(x_BP) = y then holds only roughly (some 40 dB); for parity.
        rcond: See :class:`~mmgenprior.degradations.separable.SeparableOperator`.

    Raises:
        DegradationError: If an argument is out of range.
    """

    def __init__(
        self,
        factor: PositiveInt,
        padding: str = 'zeros',
        pseudo_inverse: str = 'closed_form',
        rcond: float | None = None,
    ) -> None:
        factor = _check_factor('BicubicDownsampling', factor)
        super().__init__(factor, downsampling_kernel(keys_cubic, factor), padding, rcond)
        if pseudo_inverse not in ('closed_form', 'bicubic'):
            raise DegradationError(
                f'BicubicDownsampling: pseudo_inverse={pseudo_inverse!r} is neither '
                "'closed_form' nor 'bicubic'"
            )
        self.pseudo_inverse = pseudo_inverse

    def A_dagger(self, y: Tensor, **kwargs: Tensor) -> Tensor:
        """Pseudo-inverse, exact or the paper's bicubic interpolation.

        Args:
            y: Measurements, B×C×h×w.
            **kwargs: Ignored.

        Returns:
            Images, B×C×H×W.
        """
        if self.pseudo_inverse == 'closed_form':
            return super().A_dagger(y, **kwargs)
        size = self._image_size(y)

        def build():
            rows = interpolation_matrix(y.shape[2], size[0], 'bicubic')
            columns = interpolation_matrix(y.shape[3], size[1], 'bicubic')
            return _Sandwich.prepare(rows, columns.t(), y.dtype, y.device)

        return self.cached(('bicubic', tuple(y.shape[2:]), size, y.dtype, y.device), build)(y)


@PHYSICS.register_module()
class BilinearDownsampling(_KernelDownsampling):
    """``F.interpolate(mode='bilinear', align_corners=False)`` by 1 / s, without antialiasing.

    Super-resolution of mGANprior's official code. It sees the mean of the two middle pixels of s
    along each axis (s even) or the middle one (s odd), and nothing of the others.

    Args:
        factor: Integer factor s.
        rcond: See :class:`~mmgenprior.degradations.separable.SeparableOperator`.

    Raises:
        DegradationError: If the factor is no positive integer.
    """

    def __init__(self, factor: PositiveInt, rcond: float | None = None) -> None:
        factor = _check_factor('BilinearDownsampling', factor)
        kernel = torch.zeros(factor, dtype=torch.float64)
        kernel[(factor - 1) // 2 : factor // 2 + 1] = 1
        # Windows of s pixels do not reach over the border.
        super().__init__(factor, kernel / kernel.sum(), 'zeros', rcond)


@PHYSICS.register_module()
class LanczosDownsampling(_KernelDownsampling):
    """Lanczos-2 downsampling of DGP (after Deep Image Prior), replicate padding.

    Args:
        factor: Integer factor s; s = 4 gives DGP's 16×16 kernel.
        upsample: ``'bilinear'`` enlarges the result by s again, as DGP does
            before it compares; ``None`` does not.
        padding: Border handling.
        rcond: See :class:`~mmgenprior.degradations.separable.SeparableOperator`.

    Raises:
        DegradationError: If an argument is out of range.
    """

    def __init__(
        self,
        factor: PositiveInt,
        upsample: str | None = None,
        padding: str = 'replicate',
        rcond: float | None = None,
    ) -> None:
        factor = _check_factor('LanczosDownsampling', factor)
        super().__init__(factor, downsampling_kernel(lanczos, factor), padding, rcond)
        self.upsample = _check_upsample('LanczosDownsampling', upsample)

    def factor(self, size: int, axis: int) -> Tensor | None:
        """Matrix of the downsampling, followed by the enlargement if there is one."""
        down = super().factor(size, axis)
        if self.upsample is None:
            return down
        return interpolation_matrix(len(down), len(down) * self.downsampling, 'bilinear') @ down

    def output_size(self, size: int, axis: int) -> int:
        """Length of the measurement of an image axis of length ``size``."""
        down = super().output_size(size, axis)
        return down * self.downsampling if self.upsample else down

    def input_size(self, size: int, axis: int) -> int:
        """Length of an image axis whose measurement has length ``size``."""
        return size if self.upsample else size * self.downsampling


def _check_upsample(name: str, upsample: str | None) -> str | None:
    if upsample not in (None, 'bilinear'):
        raise DegradationError(f"{name}: upsample={upsample!r} is neither None nor 'bilinear'")
    return upsample


@PHYSICS.register_module()
class BilinearUpsampling(SeparableOperator):
    """``F.interpolate(mode='bilinear', align_corners=False)`` by an integer factor.

    Args:
        factor: Integer factor s.
        rcond: See :class:`~mmgenprior.degradations.separable.SeparableOperator`.

    Raises:
        DegradationError: If the factor is no positive integer.
    """

    def __init__(self, factor: PositiveInt, rcond: float | None = None) -> None:
        super().__init__(rcond)
        self.upsampling = _check_factor('BilinearUpsampling', factor)

    def factor(self, size: int, axis: int) -> Tensor | None:
        """Matrix of the interpolation along one axis."""
        return interpolation_matrix(size, size * self.upsampling, 'bilinear')

    def output_size(self, size: int, axis: int) -> int:
        """Length of the measurement of an image axis of length ``size``."""
        return size * self.upsampling

    def input_size(self, size: int, axis: int) -> int:
        """Length of an image axis whose measurement has length ``size``."""
        if size % self.upsampling:
            raise DegradationError(
                f'BilinearUpsampling(factor={self.upsampling}) cannot have given a side of {size}'
            )
        return size // self.upsampling


@PHYSICS.register_module()
class PILLanczosDownsampling(NonlinearOperator):
    """How DGP makes its low-resolution input: truncation to 8 bits, then Pillow's LANCZOS.

    Not differentiable, not linear (it clips and rounds); inside a loss it is
    replaced by :class:`LanczosDownsampling`, as in the paper.

    Args:
        factor: Integer factor s.
        upsample: ``'bilinear'`` enlarges the result by s again, as DGP does.
        centre: What was subtracted from the [0, 1] image; set by the adapter.

    Raises:
        DegradationError: If an argument is out of range.
    """

    def __init__(
        self, factor: PositiveInt, upsample: str | None = None, centre: float = 0.0
    ) -> None:
        super().__init__()
        self.downsampling = _check_factor('PILLanczosDownsampling', factor)
        self.centre = centre
        self._surrogate = LanczosDownsampling(factor, upsample)
        self.enlarge = BilinearUpsampling(factor) if upsample else None

    @property
    def surrogate(self) -> LanczosDownsampling:
        """The linear Lanczos-2 downsampling."""
        return self._surrogate

    def set_centre(self, centre: float) -> None:
        """Tell which value was subtracted from the [0, 1] image."""
        self.centre = centre

    def set_image_shape(self, image_shape: ImageShape) -> None:
        """Fix the (C, H, W) of the images."""
        super().set_image_shape(image_shape)
        self._surrogate.set_image_shape(image_shape)

    def measurement_shape(self, image_shape: ImageShape) -> tuple[int, ...]:
        """Shape of one measurement, without batch, of an image of shape (C, H, W)."""
        return self._surrogate.measurement_shape(image_shape)

    def infer_image_shape(self, measurement_shape: tuple[int, ...]) -> ImageShape:
        """Shape (C, H, W) of the image that gives a measurement of this shape (no batch)."""
        return self._surrogate.infer_image_shape(measurement_shape)

    def A(self, x: Tensor, **kwargs: Tensor) -> Tensor:
        """Measure, image by image and channel by channel, on the CPU.

        Args:
            x: Images, B×C×H×W, centred.
            **kwargs: Ignored.

        Returns:
            Measurements, B×C×(H // s)×(W // s), centred; without gradient.
        """
        height, width = x.shape[2] // self.downsampling, x.shape[3] // self.downsampling
        # Truncation, not rounding, is what numpy's cast in the official code does.
        levels = ((x.detach() + self.centre) * 255).clamp(0, 255).to(torch.uint8).cpu()
        planes = [
            np.asarray(Image.fromarray(plane.numpy()).resize((width, height), Image.LANCZOS))
            for plane in levels.flatten(0, 1)
        ]
        stacked = torch.from_numpy(np.stack(planes)).view(*x.shape[:2], height, width)
        y = stacked.to(x.device, x.dtype) / 255 - self.centre
        return y if self.enlarge is None else self.enlarge.A(y)
