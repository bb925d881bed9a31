"""Gaussian compressed sensing of the IAGAN paper."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from mmgenprior.degradations.base import DegradationError, ImageShape, LinearOperator
from mmgenprior.degradations.linear_solvers import Maps, linear_map, pseudo_inverse
from mmgenprior.registry import PHYSICS
from mmgenprior.utils.limits import PositiveFloat, PositiveInt
from mmgenprior.utils.seeding import derive_seed

MODES = ('stored', 'blocked', 'regenerated')

# The rounding of a matrix product depends on the number of right-hand sides and on their alignment
# in memory, a sample's result must not: a product always has as many, missing ones being zero, and
# all rows start at a multiple of 64 bytes. On a CPU, which reads the matrix as fast as it
# multiplies, one is four times faster than eight.
_SAMPLES_ON_CPU, _SAMPLES_ELSEWHERE = 1, 8
# Tangents of one sample, which come many at once and by a fixed number.
_TANGENTS = 16
_ALIGN = 16
# m²n up to which the diagonal of I − A†A is computed: a few seconds, and then kept.
_EXACT_DIAGONAL = 5e10


def _padded(length: int) -> int:
    return length + -length % _ALIGN


def _aligned(group: Tensor, size: int) -> Tensor:
    buffer = group.new_zeros(size, _padded(group.shape[1]))
    buffer[: len(group), : group.shape[1]] = group
    return buffer


def _group_size(like: Tensor) -> int:
    return _SAMPLES_ON_CPU if like.device.type == 'cpu' else _SAMPLES_ELSEWHERE


@PHYSICS.register_module()
class GaussianCompressedSensing(LinearOperator):
    """y = A vec(x) with i.i.d. entries N(0, 1/m) (IAGAN paper, "Compressed Sensing").

    The entries are a function of (seed, m, n) alone: row i comes from a CPU
    generator of its own, in float32, whatever the mode, the block size, the
    dtype or the device. On the CPU the result of a sample is bitwise
    independent of its batch; between modes results agree to rounding.

    Memory and time trade off. The matrix of a 128×128 colour image (n = 49,152)
    takes 4·m·n bytes in float32: 1.2 GB at m/n = 0.122 and 4.8 GB at m/n = 0.5.

    * ``'stored'``: all of it on the device of the images; fastest.
    * ``'blocked'``: all of it in the host's memory; ``block_rows`` rows at a
      time are moved to the device of the images and cast.
    * ``'regenerated'``: none of it; every product draws ``block_rows`` rows at
      a time again, 4·block_rows·n bytes (50 MB by default). Drawing m·n
      Gaussians costs seconds at the sizes above, so this is for one-off
      products or when nothing else fits.

    The pseudo-inverse is Aᵀ(AAᵀ)⁻¹ by a Cholesky decomposition in float64
    (8·m² bytes, kept) up to m = ``direct_limit``, by conjugate gradients beyond.
    As m/n approaches 1 the matrix becomes ill-conditioned.

    Args:
        ratio: m/n in (0, 1]; m is n·ratio, rounded.
        m: The number of measurements instead of a ratio.
        mode: One of the three above.
        seed: Seed of the matrix.
        block_rows: Rows per block.
        direct_limit: Largest m that is solved directly.
        tol: Relative tolerance of conjugate gradients, see
            :func:`mmgenprior.degradations.linear_solvers.cgls`.
        max_iter: Most iterations of conjugate gradients.

    Raises:
        DegradationError: If an argument is out of range.
    """

    image_like = False

    def __init__(
        self,
        ratio: PositiveFloat | None = None,
        m: PositiveInt | None = None,
        mode: str = 'stored',
        seed: int = 0,
        block_rows: int = 256,
        direct_limit: int = 4096,
        tol: float | None = None,
        max_iter: int = 1000,
    ) -> None:
        super().__init__()
        name = 'GaussianCompressedSensing'
        if (ratio is None) == (m is None):
            raise DegradationError(f'{name}: give either ratio or m')
        if ratio is not None and not 0 < ratio <= 1:
            raise DegradationError(f'{name}: ratio={ratio!r} must lie in (0, 1]')
        if m is not None and (isinstance(m, bool) or int(m) != m or m < 1):
            raise DegradationError(f'{name}: m={m!r} must be an integer >= 1')
        if mode not in MODES:
            raise DegradationError(f'{name}: mode={mode!r} is none of {", ".join(MODES)}')
        if block_rows < 1:
            raise DegradationError(f'{name}: block_rows={block_rows!r} must be >= 1')
        self.ratio = ratio
        self.m = m
        self.mode = mode
        self.seed = seed
        self.block_rows = block_rows
        self.direct_limit = direct_limit
        # Not deepinv's `tol` and `max_iter`, which its own solvers read.
        self.inverse_tol = tol
        self.inverse_iterations = max_iter
        # One matrix and one decomposition at a time: at these sizes two would not fit. A dict, so
        # that copies bound to a batch share them.
        self._kept: dict[str, tuple[object, Tensor]] = {}

    def rows_of(self, n: int) -> int:
        """Number of measurements m of images with n values."""
        m = max(round(self.ratio * n), 1) if self.m is None else int(self.m)
        if m > n:
            raise DegradationError(
                f'GaussianCompressedSensing: m={m} exceeds the {n} values of the image'
            )
        return m

    def measurement_shape(self, image_shape: ImageShape) -> tuple[int, ...]:
        """Shape (m,) of one measurement of an image of shape (C, H, W)."""
        return (self.rows_of(math.prod(image_shape)),)

    def infer_image_shape(self, measurement_shape: tuple[int, ...]) -> ImageShape:
        """Raises: the number of measurements does not tell the image size."""
        raise DegradationError(
            'GaussianCompressedSensing does not tell the image size: give image_shape'
        )

    def _draw_padded(self, start: int, stop: int, n: int) -> Tensor:
        m = self.rows_of(n)
        block = torch.zeros(stop - start, _padded(n))
        generator = torch.Generator()
        for row, i in zip(block, range(start, stop), strict=True):
            generator.manual_seed(derive_seed(self.seed, 'gaussian-cs', m, n, i))
            torch.randn(n, generator=generator, out=row[:n])
        return block.mul_(1 / math.sqrt(m))

    def _keep(self, name: str, key: object, build) -> Tensor:
        if name not in self._kept or self._kept[name][0] != key:
            self._kept.pop(name, None)
            self._kept[name] = (key, build())
        return self._kept[name][1]

    def _blocks(self, n: int, like: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Row blocks in the dtype and on the device of ``like``, padded with zero columns."""
        m = self.rows_of(n)
        matrix = None
        if self.mode != 'regenerated':
            device = like.device if self.mode == 'stored' else torch.device('cpu')
            matrix = self._matrix(n, device)
            if self.mode == 'stored' and like.dtype == matrix.dtype:
                yield slice(0, m), matrix
                return
        for start in range(0, m, self.block_rows):
            rows = slice(start, min(start + self.block_rows, m))
            block = self._draw_padded(rows.start, rows.stop, n) if matrix is None else matrix[rows]
            yield rows, block.to(like.device, like.dtype)

    def _matrix(self, n: int, device: torch.device) -> Tensor:
        """A, padded with zero columns, kept."""
        m = self.rows_of(n)
        return self._keep('matrix', (n, device), lambda: self._draw_matrix(m, n, device))

    def _root(self, n: int, like: Tensor) -> Tensor:
        """L of L Lᵀ = A Aᵀ in the dtype and on the device of ``like``, kept."""
        return self._keep(
            'root', (n, like.device), lambda: torch.linalg.cholesky(self._gram(n, like))
        )

    def _draw_matrix(self, m: int, n: int, device: torch.device) -> Tensor:
        matrix = torch.empty(m, _padded(n), device=device)
        for start in range(0, m, self.block_rows):
            stop = min(start + self.block_rows, m)
            matrix[start:stop] = self._draw_padded(start, stop, n).to(device)
        return matrix

    def _multiply(self, x: Tensor, size: int | None = None) -> Tensor:
        """A x for x of B×n, so many at once; as many as fit the device where left out."""
        size = size or _group_size(x)
        groups = [_aligned(group, size) for group in x.split(size)]
        out = [group.new_empty(size, self.rows_of(x.shape[1])) for group in groups]
        for rows, block in self._blocks(x.shape[1], x):
            for group, target in zip(groups, out, strict=True):
                target[:, rows] = group @ block.t()
        return torch.cat(out)[: len(x)]

    def _multiply_transposed(self, y: Tensor, n: int, size: int | None = None) -> Tensor:
        """Aᵀy for y of B×m, so many at once."""
        size = size or _group_size(y)
        groups = y.split(size)
        out = [y.new_zeros(size, _padded(n)) for _ in groups]
        for rows, block in self._blocks(n, y):
            for group, target in zip(groups, out, strict=True):
                right = _aligned(group[:, rows], size)[:, : len(block)]
                target += right @ block
        return torch.cat(out)[: len(y), :n]

    def _image_shape(self, y: Tensor) -> ImageShape:
        if self.image_shape is None:
            raise DegradationError(
                'GaussianCompressedSensing: set image_shape before going back from a measurement'
            )
        m = self.rows_of(math.prod(self.image_shape))
        if y.dim() != 2 or y.shape[1] != m:
            raise DegradationError(
                f'GaussianCompressedSensing: measurements of shape {tuple(y.shape)} do not belong '
                f'to images of shape {self.image_shape}, which give B×{m}'
            )
        return self.image_shape

    def A(self, x: Tensor, **kwargs: Tensor) -> Tensor:
        """Measure.

        Args:
            x: Images, B×C×H×W.
            **kwargs: Ignored.

        Returns:
            Measurements, B×m.
        """
        n = math.prod(x.shape[1:])
        return linear_map(x.flatten(1), *self._products(n), tangents=self._products(n, _TANGENTS))

    def A_adjoint(self, y: Tensor, **kwargs: Tensor) -> Tensor:
        """Transpose.

        Args:
            y: Measurements, B×m.
            **kwargs: Ignored.

        Returns:
            Images, B×C×H×W.

        Raises:
            DegradationError: If the image size is unknown or does not fit.
        """
        shape = self._image_shape(y)
        n = math.prod(shape)
        maps, of_tangents = (self._products(n, size)[::-1] for size in (None, _TANGENTS))
        return linear_map(y, *maps, tangents=of_tangents).unflatten(1, shape)

    def A_dagger(self, y: Tensor, **kwargs: Tensor) -> Tensor:
        """Moore-Penrose pseudo-inverse, direct for small m, else by conjugate gradients.

        Args:
            y: Measurements, B×m.
            **kwargs: Ignored.

        Returns:
            Images, B×C×H×W.

        Raises:
            DegradationError: If the image size is unknown or does not fit.
        """
        shape = self._image_shape(y)
        n = math.prod(shape)
        if y.shape[1] > self.direct_limit:
            inverse = (self.inverse_tol, self.inverse_iterations)
            return pseudo_inverse(y, self.A, self.A_adjoint, *inverse)

        def inverse_and_transpose(size: int | None = None) -> Maps:
            times, back = self._products(n, size)
            return (
                lambda v: back(self._solve(v, n)).to(v.dtype),
                lambda v: self._solve(times(v.double()), n).to(v.dtype),
            )

        of_tangents = inverse_and_transpose(_TANGENTS)
        return linear_map(y, *inverse_and_transpose(), tangents=of_tangents).unflatten(1, shape)

    def _products(self, n: int, size: int | None = None) -> Maps:
        """A and Aᵀ of rows, so many at once."""
        return (
            lambda v: self._multiply(v, size),
            lambda v: self._multiply_transposed(v, n, size),
        )

    def _solve(self, y: Tensor, n: int) -> Tensor:
        """(AAᵀ)⁻¹y in float64, with one step of iterative refinement."""
        y = y.double()
        root = self._root(n, y)

        def solve(right: Tensor) -> Tensor:
            # One by one, each in memory of its own: see _aligned.
            return torch.stack(
                [torch.cholesky_solve(v.clone()[:, None], root)[:, 0] for v in right]
            )

        w = solve(y)
        return w + solve(y - self._multiply(self._multiply_transposed(w, n)))

    def null_space_diagonal(self, image_shape: ImageShape, like: Tensor) -> Tensor | None:
        """1 − the squared columns of L⁻¹A with L Lᵀ = A Aᵀ, kept; None where m²n is large."""
        n = math.prod(image_shape)
        m = self.rows_of(n)
        if self.mode != 'stored' or m > self.direct_limit or m * m * n > _EXACT_DIAGONAL:
            return None
        key = (n, like.device)

        def build() -> Tensor:
            matrix = self._matrix(n, like.device)
            root = self._root(n, like.double())
            # In columns: a float64 copy of all of A would be as large again as A twice over.
            parts = [
                1 - torch.linalg.solve_triangular(root, part.double(), upper=False).square().sum(0)
                for part in matrix[:, :n].split(2048, dim=1)
            ]
            return torch.cat(parts).clamp(0, 1)

        return self._keep('null space', key, build).to(like.dtype).view(1, *image_shape)

    def _gram(self, n: int, like: Tensor) -> Tensor:
        m = self.rows_of(n)
        gram = like.new_empty(m, m)
        for rows, block in self._blocks(n, like):
            for columns, other in self._blocks(n, like):
                if columns.start <= rows.start:
                    product = block @ other.t()
                    gram[rows, columns] = product
                    gram[columns, rows] = product.t()
        return gram
