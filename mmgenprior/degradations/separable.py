"""Operators that factor into channels, rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from mmgenprior.degradations.base import DegradationError, ImageShape, LinearOperator

# Multiples of 64 bytes in float32 and float64: every matrix of a batch is then aligned alike, and
# a matrix library whose rounding depends on the alignment gives a sample the same bits anywhere.
_ALIGN = 16


@dataclass(frozen=True)
class _Sandwich:
    """x -> left · x · right for every channel of a batch; ``None`` stands for the identity."""

    left: Tensor | None
    right: Tensor | None
    width: int

    @classmethod
    def prepare(
        cls, left: Tensor | None, right: Tensor | None, dtype: torch.dtype, device: torch.device
    ) -> _Sandwich:
        width = 0
        if left is not None:
            left = left.to(device, dtype).contiguous()
        if right is not None:
            width = right.shape[1]
            pad = (0, -right.shape[1] % _ALIGN, 0, -right.shape[0] % _ALIGN)
            right = F.pad(right, pad).to(device, dtype).contiguous()
        return cls(left, right, width)

    def __call__(self, x: Tensor) -> Tensor:
        if self.left is None and self.right is None:
            return x
        batch, channels, height, width = x.shape
        z = x.reshape(batch * channels, height, width)
        extra = -width % _ALIGN
        z = F.pad(z, (0, extra)) if extra else z.contiguous()
        if self.left is not None:
            z = torch.bmm(self.left.expand(len(z), -1, -1), z)
            width = x.shape[3]
        if self.right is not None:
            z = torch.bmm(z, self.right.expand(len(z), -1, -1))
            width = self.width
        z = z[..., :width] if z.shape[2] != width else z
        return z.reshape(batch, channels, z.shape[1], width)


def _mix_channels(x: Tensor, matrix: Sequence[Sequence[float]] | None) -> Tensor:
    """Apply a small channel matrix by elementwise sums, which no batch size can change."""
    if matrix is None:
        return x
    if len(matrix[0]) != x.shape[1]:
        raise DegradationError(
            f'the operator mixes {len(matrix[0])} channels and the image has {x.shape[1]}'
        )
    out = []
    for row in matrix:
        total = x[:, 0] * row[0]
        for channel in range(1, len(row)):
            total = total + x[:, channel] * row[channel]
        out.append(total)
    return torch.stack(out, dim=1)


def _svd(factor: Tensor | None) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    if factor is None:
        return None, None, None
    u, s, vh = torch.linalg.svd(factor, full_matrices=False)
    return u, s, vh.t()


def _transpose(matrix: Tensor | None) -> Tensor | None:
    return None if matrix is None else matrix.t()


def _rows(matrix: Tensor | None) -> list[list[float]] | None:
    return None if matrix is None else matrix.tolist()


class SeparableOperator(LinearOperator):
    """A = K_c ⊗ K_h ⊗ K_w with small dense factors.

    ``A`` is K_h · x · K_wᵀ, two matrix products per channel. The adjoint uses
    the transposed factors, the pseudo-inverse the singular value decompositions
    of the factors (computed in float64): the singular values of A are the
    products of theirs, and a product below ``rcond`` times the largest one
    counts as zero. On the CPU the result of a sample is bitwise independent of
    the batch it is in.

    A subclass gives :meth:`factor` (and :meth:`channel_factor`) and, where it
    changes the size, :meth:`output_size` and :meth:`input_size`.

    Args:
        rcond: Relative truncation threshold of the pseudo-inverse; ``None``
            takes an eighth of the square root of the dtype's epsilon (2e-9 in
            float64, 4e-5 in float32), where the truncation error (about rcond)
            and the rounding error (epsilon / rcond, in few directions) balance.
    """

    def __init__(self, rcond: float | None = None) -> None:
        super().__init__()
        self.rcond = rcond
        self._mixes: dict[str, list[list[float]] | None] = {}

    def factor(self, size: int, axis: int) -> Tensor | None:
        """Float64 matrix (m×size) of the rows (axis 0) or columns (axis 1); ``None`` = identity."""
        return None

    def channel_factor(self) -> Tensor | None:
        """Float64 matrix (out×in) that mixes the channels; ``None`` = identity."""
        return None

    def input_size(self, size: int, axis: int) -> int:
        """Length of an image axis whose measurement has length ``size``."""
        return size

    def output_size(self, size: int, axis: int) -> int:
        """Length of the measurement of an image axis of length ``size``."""
        return size

    def measurement_shape(self, image_shape: ImageShape) -> tuple[int, ...]:
        """Shape of one measurement, without batch, of an image of shape (C, H, W)."""
        channels, height, width = image_shape
        mix = self.channel_factor()
        if mix is not None:
            if channels != mix.shape[1]:
                raise DegradationError(
                    f'{type(self).__name__} needs {mix.shape[1]} channels and the image has '
                    f'{channels}'
                )
            channels = mix.shape[0]
        return channels, self.output_size(height, 0), self.output_size(width, 1)

    def infer_image_shape(self, measurement_shape: tuple[int, ...]) -> ImageShape:
        """Shape (C, H, W) of the image that gives a measurement of this shape (no batch)."""
        channels, height, width = measurement_shape
        mix = self.channel_factor()
        if mix is not None:
            channels = mix.shape[1]
        return channels, self.input_size(height, 0), self.input_size(width, 1)

    def _image_size(self, y: Tensor) -> tuple[int, int]:
        if self.image_shape is None:
            return self.input_size(y.shape[2], 0), self.input_size(y.shape[3], 1)
        size = self.image_shape[1:]
        expected = self.output_size(size[0], 0), self.output_size(size[1], 1)
        if tuple(y.shape[2:]) != expected:
            raise DegradationError(
                f'{type(self).__name__}: a measurement of {y.shape[2]}×{y.shape[3]} does not '
                f'belong to images of {size[0]}×{size[1]}, which give {expected[0]}×{expected[1]}'
            )
        return size

    def _sandwiches(self, size: tuple[int, int], like: Tensor) -> tuple[_Sandwich, _Sandwich]:
        def build():
            rows, columns = self.factor(size[0], 0), self.factor(size[1], 1)
            spec = like.dtype, like.device
            return (
                _Sandwich.prepare(rows, _transpose(columns), *spec),
                _Sandwich.prepare(_transpose(rows), columns, *spec),
            )

        return self.cached(('A', size, like.dtype, like.device), build)

    def A(self, x: Tensor, **kwargs: Tensor) -> Tensor:
        """Measure.

        Args:
            x: Images, B×C×H×W.
            **kwargs: New per-sample parameters.

        Returns:
            Measurements, B×C'×h×w.
        """
        self.update_parameters(**kwargs)
        forward, _ = self._sandwiches(tuple(x.shape[2:]), x)
        return forward(_mix_channels(x, self._channel_rows('A')))

    def A_adjoint(self, y: Tensor, **kwargs: Tensor) -> Tensor:
        """Transpose.

        Args:
            y: Measurements, B×C'×h×w.
            **kwargs: New per-sample parameters.

        Returns:
            Images, B×C×H×W.
        """
        self.update_parameters(**kwargs)
        _, adjoint = self._sandwiches(self._image_size(y), y)
        return _mix_channels(adjoint(y), self._channel_rows('adjoint'))

    def _channel_rows(self, direction: str) -> list[list[float]] | None:
        if not self._mixes:
            mix = self.channel_factor()
            self._mixes.update(A=_rows(mix), adjoint=_rows(_transpose(mix)))
        return self._mixes[direction]

    def A_dagger(self, y: Tensor, **kwargs: Tensor) -> Tensor:
        """Moore-Penrose pseudo-inverse in closed form.

        Args:
            y: Measurements, B×C'×h×w.
            **kwargs: New per-sample parameters.

        Returns:
            Images, B×C×H×W.
        """
        self.update_parameters(**kwargs)
        size = self._image_size(y)
        analysis, inverse, synthesis, mix_in, mix_out = self.cached(
            ('dagger', size, y.shape[1], y.dtype, y.device), lambda: self._build_dagger(size, y)
        )
        spectrum = analysis(_mix_channels(y, mix_in)) * inverse
        return _mix_channels(synthesis(spectrum), mix_out)

    def _decompose(self, size: tuple[int, int], channels: int, dtype: torch.dtype):
        """Singular vectors of channels, rows and columns, singular values, which ones are kept.

        ``channels`` is their number where they are not mixed; the values are c×h×w.
        """
        rows, columns = self.factor(size[0], 0), self.factor(size[1], 1)
        of_rows = _svd(rows)
        same = rows is not None and columns is not None and torch.equal(rows, columns)
        factors = _svd(self.channel_factor()), of_rows, of_rows if same else _svd(columns)
        singular = [
            torch.ones(n, dtype=torch.float64) if s is None else s
            for (_, s, _), n in zip(factors, (channels, *size), strict=True)
        ]
        product = torch.einsum('c,h,w->chw', *singular)
        rcond = torch.finfo(dtype).eps ** 0.5 / 8 if self.rcond is None else self.rcond
        return factors, product, product > rcond * product.max()

    def null_space_diagonal(self, image_shape: ImageShape, like: Tensor) -> Tensor:
        """From the squared right singular vectors; see :meth:`Operator.null_space_diagonal`."""
        channels, *size = image_shape
        factors, _, kept = self._decompose(tuple(size), channels, like.dtype)
        mix, rows, columns = (None if v is None else v.square() for _, _, v in factors)
        seen = kept.double()
        if mix is not None:
            seen = torch.einsum('ci,ihw->chw', mix, seen)
        if rows is not None:
            seen = rows @ seen
        if columns is not None:
            seen = seen @ columns.t()
        return (1 - seen).clamp(0, 1)[None].to(like)

    def _build_dagger(self, size: tuple[int, int], y: Tensor):
        factors, product, kept = self._decompose(size, y.shape[1], y.dtype)
        (u_mix, _, v_mix), (u_rows, _, v_rows), (u_columns, _, v_columns) = factors
        inverse = torch.where(kept, 1 / product.where(kept, torch.ones_like(product)), 0.0)
        spec = y.dtype, y.device
        return (
            _Sandwich.prepare(_transpose(u_rows), u_columns, *spec),
            inverse.to(y.device, y.dtype),
            _Sandwich.prepare(v_rows, _transpose(v_columns), *spec),
            _rows(_transpose(u_mix)),
            _rows(v_mix),
        )


class SeparableProduct(SeparableOperator):
    """Product of separable operators, again separable; the first listed acts first.

    Args:
        operators: Separable operators.
        rcond: See :class:`SeparableOperator`.
    """

    def __init__(self, operators: Sequence[SeparableOperator], rcond: float | None = None) -> None:
        super().__init__(rcond)
        self.operators = torch.nn.ModuleList(operators)

    def factor(self, size: int, axis: int) -> Tensor | None:
        """Product of the factors of one axis."""
        product = None
        for operator in self.operators:
            matrix = operator.factor(size, axis)
            if matrix is not None:
                product = matrix if product is None else matrix @ product
                size = matrix.shape[0]
        return product

    def channel_factor(self) -> Tensor | None:
        """Product of the channel factors."""
        product = None
        for operator in self.operators:
            matrix = operator.channel_factor()
            if matrix is not None:
                product = matrix if product is None else matrix @ product
        return product

    def output_size(self, size: int, axis: int) -> int:
        """Length of the measurement of an image axis of length ``size``."""
        for operator in self.operators:
            size = operator.output_size(size, axis)
        return size

    def input_size(self, size: int, axis: int) -> int:
        """Length of an image axis whose measurement has length ``size``."""
        for operator in reversed(self.operators):
            size = operator.input_size(size, axis)
        return size
