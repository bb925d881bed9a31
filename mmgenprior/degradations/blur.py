"""Uniform and Gaussian blur."""

from __future__ import annotations

import torch
from torch import Tensor

from mmgenprior.degradations.base import DegradationError
from mmgenprior.degradations.factors import PADDINGS, correlation_matrix, gaussian_kernel
from mmgenprior.degradations.separable import SeparableOperator
from mmgenprior.registry import PHYSICS
from mmgenprior.utils.limits import PositiveInt


class _Blur(SeparableOperator):
    """Correlation with an outer product of two 1-D kernels; the size does not change."""

    def __init__(self, kernels: tuple[Tensor, Tensor], padding: str, rcond: float | None) -> None:
        super().__init__(rcond)
        if padding not in PADDINGS:
            raise DegradationError(
                f'{type(self).__name__}: padding={padding!r} is none of {", ".join(PADDINGS)}'
            )
        self.kernels = kernels
        self.padding = padding

    def factor(self, size: int, axis: int) -> Tensor | None:
        """Matrix of the padded correlation along one axis."""
        taps = len(self.kernels[axis])
        return correlation_matrix(
            self.kernels[axis], size, (taps - 1) // 2, taps // 2, self.padding
        )


@PHYSICS.register_module()
class UniformBlur(_Blur):
    """Mean over a window, the IAGAN paper's deblurring task ("Deblurring": U(9×9)).

    Args:
        size: Side of the window, or (height, width), in pixels.
        padding: ``'circular'``, ``'zeros'``, ``'replicate'`` or ``'reflect'``;
            the paper does not say which.
        rcond: See :class:`~mmgenprior.degradations.separable.SeparableOperator`.

    Raises:
        DegradationError: If an argument is out of range.
    """

    def __init__(
        self,
        size: PositiveInt | tuple[PositiveInt, PositiveInt] = 9,
        padding: str = 'circular',
        rcond: float | None = None,
    ) -> None:
        sides = (size, size) if isinstance(size, int) else tuple(size)
        if len(sides) != 2 or any(int(side) != side or side < 1 for side in sides):
            raise DegradationError(f'UniformBlur: size={size!r} must be one or two integers >= 1')
        kernels = tuple(torch.full((int(n),), 1 / n, dtype=torch.float64) for n in sides)
        super().__init__(kernels, padding, rcond)


@PHYSICS.register_module()
class GaussianBlur(_Blur):
    """Gaussian blur, cut at four standard deviations.

    Args:
        sigma: Standard deviation, or (vertical, horizontal), in pixels.
        padding: ``'circular'``, ``'zeros'``, ``'replicate'`` or ``'reflect'``.
        rcond: See :class:`~mmgenprior.degradations.separable.SeparableOperator`.

    Raises:
        DegradationError: If an argument is out of range.
    """

    def __init__(
        self,
        sigma: float | tuple[float, float],
        padding: str = 'circular',
        rcond: float | None = None,
    ) -> None:
        sigmas = (sigma, sigma) if isinstance(sigma, (int, float)) else tuple(sigma)
        if len(sigmas) != 2 or any(not 0 < s < float('inf') for s in sigmas):
            raise DegradationError(f'GaussianBlur: sigma={sigma!r} must be one or two numbers > 0')
        super().__init__(tuple(gaussian_kernel(s) for s in sigmas), padding, rcond)
