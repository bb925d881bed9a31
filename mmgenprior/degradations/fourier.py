"""Sub-sampled Fourier measurements of the IAGAN paper."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mmgenprior.degradations.base import DegradationError, ImageShape, LinearOperator
from mmgenprior.registry import PHYSICS
from mmgenprior.utils.limits import PositiveFloat

_CALIBRATION_STEPS = 400
_CALIBRATION_ERROR = 0.01


def symmetric_random_mask(
    height: int, width: int, thresholds: tuple[float, float], seed: int
) -> np.ndarray:
    """Random mask of the IAGAN code (``rand_mask``; IAGAN paper, fig. 4).

    In the upper left quarter (sides rounded up), as many points are drawn as
    there are pixels; the coordinates are half-normal with the given scale,
    rounded down, modulo the side. The quarter is then mirrored. The mask is
    symmetric under k <-> N - 1 - k, which is not the symmetry k <-> -k of the
    spectrum of a real image.

    Args:
        height: Rows of the image.
        width: Columns of the image.
        thresholds: Scales of the row and column coordinates, in samples.
        seed: Seed of a NumPy ``RandomState``; square masks of even side equal
            the official ones after ``np.random.seed(seed)``.

    Returns:
        Boolean mask H×W.
    """
    rows, columns = -(-height // 2), -(-width // 2)
    state = np.random.RandomState(seed)  # noqa: NPY002 - the official stream
    # The official code draws the column coordinates first.
    x = np.floor(np.abs(state.randn(rows, columns)) * thresholds[1]) % columns
    y = np.floor(np.abs(state.randn(rows, columns)) * thresholds[0]) % rows
    quarter = np.zeros((rows, columns), bool)
    quarter[y.astype(np.int64), x.astype(np.int64)] = True
    i, j = np.arange(height), np.arange(width)
    return quarter[np.minimum(i, height - 1 - i)][:, np.minimum(j, width - 1 - j)]


@PHYSICS.register_module()
class FourierSubsampling(LinearOperator):
    """Observed entries of the unitary 2-D Fourier transform, channel by channel.

    The measurement is B×C×2k: real and imaginary parts, interleaved, of the k
    observed entries in row-major order. The adjoint, Re(ifft2) of the
    zero-filled spectrum, is the "naive reconstruction" of the paper's figure 3.
    AᵀA multiplies the spectrum by (M(k) + M(-k)) / 2, so that the pseudo-inverse
    is a division by it.

    Args:
        ratio: Nominal ratio r: the coordinates of the mask have the scale
            side·r/2, as the official main script has it. The ratio that results
            differs (side 1024: 0.5 gives 0.538, 0.3 gives 0.357), see
            :meth:`observed_ratio`.
        threshold: The scale itself, in samples, instead of a ratio.
        seed: Seed of the mask.
        calibrate: Choose the scale such that the observed ratio is ``ratio`` to 0.01.

    Exactly one of ``ratio`` and ``threshold`` is given.

    Raises:
        DegradationError: If an argument is out of range.
    """

    image_like = False

    def __init__(
        self,
        ratio: PositiveFloat | None = None,
        threshold: float | None = None,
        seed: int = 0,
        calibrate: bool = False,
    ) -> None:
        super().__init__()
        if (ratio is None) == (threshold is None):
            raise DegradationError('FourierSubsampling: give either ratio or threshold')
        if ratio is not None and not 0 < ratio <= 1:
            raise DegradationError(f'FourierSubsampling: ratio={ratio!r} must lie in (0, 1]')
        if threshold is not None and not threshold > 0:
            raise DegradationError(f'FourierSubsampling: threshold={threshold!r} must be > 0')
        if calibrate and ratio is None:
            raise DegradationError('FourierSubsampling: calibrate=True needs a ratio')
        self.ratio = ratio
        self.threshold = threshold
        self.seed = seed
        self.calibrate = calibrate

    def mask(self, height: int, width: int) -> Tensor:
        """Boolean mask H×W, true where the spectrum is observed (DC at [0, 0])."""
        return self.cached(('mask', height, width), lambda: self._build_mask(height, width))

    def observed_ratio(self, height: int, width: int) -> float:
        """Share of the spectrum that is observed."""
        return float(self.mask(height, width).double().mean())

    def _build_mask(self, height: int, width: int) -> Tensor:
        def draw(scale: float) -> np.ndarray:
            thresholds = (scale * height, scale * width)
            return symmetric_random_mask(height, width, thresholds, self.seed)

        if self.threshold is not None:
            both = (self.threshold, self.threshold)
            return torch.from_numpy(symmetric_random_mask(height, width, both, self.seed))
        if not self.calibrate:
            return torch.from_numpy(draw(self.ratio / 2))
        masks = (draw(scale) for scale in np.linspace(0.0, 1.5, _CALIBRATION_STEPS + 1)[1:])
        best = min(masks, key=lambda mask: abs(mask.mean() - self.ratio))
        if abs(best.mean() - self.ratio) > _CALIBRATION_ERROR:
            raise DegradationError(
                f'FourierSubsampling: the masks of {height}×{width} come no closer to '
                f'ratio={self.ratio} than {best.mean():.3f}; at most some 0.63 can be reached'
            )
        return torch.from_numpy(best)

    def _indices(self, size: tuple[int, int], like: Tensor) -> Tensor:
        def build():
            return self.mask(*size).flatten().nonzero()[:, 0].to(like.device)

        return self.cached(('indices', size, like.device), build)

    def measurement_shape(self, image_shape: ImageShape) -> tuple[int, ...]:
        """Shape (C, 2k) of one measurement of an image of shape (C, H, W)."""
        return image_shape[0], 2 * int(self.mask(*image_shape[1:]).sum())

    def infer_image_shape(self, measurement_shape: tuple[int, ...]) -> ImageShape:
        """Raises: the number of entries does not tell the image size."""
        raise DegradationError('FourierSubsampling does not tell the image size: give image_shape')

    def _size(self) -> tuple[int, int]:
        if self.image_shape is None:
            raise DegradationError(
                'FourierSubsampling: set image_shape before going back from a measurement'
            )
        return self.image_shape[1:]

    def A(self, x: Tensor, **kwargs: Tensor) -> Tensor:
        """Measure.

        Args:
            x: Images, B×C×H×W.
            **kwargs: Ignored.

        Returns:
            Measurements, B×C×2k, real.
        """
        spectrum = torch.fft.fft2(x, norm='ortho').flatten(-2)
        observed = spectrum.index_select(-1, self._indices(tuple(x.shape[2:]), x))
        return torch.view_as_real(observed).flatten(-2)

    def A_adjoint(self, y: Tensor, **kwargs: Tensor) -> Tensor:
        """Real part of the inverse transform of the zero-filled spectrum.

        Args:
            y: Measurements, B×C×2k, real.
            **kwargs: Ignored.

        Returns:
            Images, B×C×H×W.

        Raises:
            DegradationError: If the image size is unknown or does not fit.
        """
        height, width = self._size()
        indices = self._indices((height, width), y)
        if y.shape[-1] != 2 * len(indices):
            raise DegradationError(
                f'FourierSubsampling: {y.shape[-1]} numbers per channel do not belong to images '
                f'of {height}×{width}, which give {2 * len(indices)}'
            )
        observed = torch.view_as_complex(y.unflatten(-1, (-1, 2)).contiguous())
        spectrum = observed.new_zeros(*y.shape[:2], height * width)
        spectrum = spectrum.index_copy(-1, indices, observed)
        return torch.fft.ifft2(spectrum.unflatten(-1, (height, width)), norm='ortho').real

    def _gain(self, size: tuple[int, int]) -> Tensor:
        """What AᵀA multiplies the spectrum by, (M(k) + M(-k)) / 2."""
        mask = self.mask(*size).double()
        return (mask + mask.flip(0, 1).roll((1, 1), (0, 1))) / 2

    def null_space_diagonal(self, image_shape: ImageShape, like: Tensor) -> Tensor:
        """The same everywhere: the share of the spectrum that is in no way observed."""
        unseen = (self._gain(image_shape[1:]) == 0).double().mean().to(like)
        return unseen.expand(1, *image_shape)

    def A_dagger(self, y: Tensor, **kwargs: Tensor) -> Tensor:
        """Moore-Penrose pseudo-inverse (AᵀA)†Aᵀ in closed form.

        Args:
            y: Measurements, B×C×2k, real.
            **kwargs: Ignored.

        Returns:
            Images, B×C×H×W.
        """
        size = self._size()

        def build():
            gain = self._gain(size)
            inverse = torch.where(gain > 0, 1 / gain.where(gain > 0, torch.ones_like(gain)), 0.0)
            return inverse.to(y.device, y.dtype)

        inverse = self.cached(('inverse', size, y.dtype, y.device), build)
        spectrum = torch.fft.fft2(self.A_adjoint(y), norm='ortho')
        return torch.fft.ifft2(spectrum * inverse, norm='ortho').real
