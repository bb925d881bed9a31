"""Operators that act on each pixel by itself: identity, grey values, quantization."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from mmgenprior.degradations.base import DegradationError, ImageShape, NonlinearOperator
from mmgenprior.degradations.separable import SeparableOperator
from mmgenprior.registry import PHYSICS
from mmgenprior.utils.limits import PositiveInt


@PHYSICS.register_module()
class Identity(SeparableOperator):
    """The image itself; with noise, a denoising task."""


class IdentityInLoss(NonlinearOperator):
    """What changes an image so little that the identity stands for it inside a loss.

    Args:
        centre: What was subtracted from the [0, 1] image; set by the adapter.
    """

    def __init__(self, centre: float = 0.0) -> None:
        super().__init__()
        self.centre = centre
        self._surrogate = Identity()

    @property
    def surrogate(self) -> Identity:
        """The identity."""
        return self._surrogate

    def set_centre(self, centre: float) -> None:
        """Tell which value was subtracted from the [0, 1] image."""
        self.centre = centre


@PHYSICS.register_module()
class Luminance(SeparableOperator):
    """Weighted sum of the colour channels, B×3×H×W to B×1×H×W (colorization).

    Args:
        weights: One weight per channel, R, G, B; the default is DGP's.

    Raises:
        DegradationError: If the weights are all zero.
    """

    reduces_channels = True

    def __init__(self, weights: Sequence[float] = (0.2989, 0.5870, 0.1140)) -> None:
        super().__init__()
        self.weights = tuple(float(w) for w in weights)
        if not self.weights or sum(self.weights) == 0 or not math.isfinite(sum(self.weights)):
            raise DegradationError(f'Luminance: weights={weights!r} must have a finite sum, not 0')

    def channel_factor(self) -> Tensor | None:
        """The weights as a 1×3 matrix."""
        return torch.tensor([self.weights], dtype=torch.float64)

    def measurement_from_image(self, image: Tensor) -> Tensor:
        """Luminance with weights normalised to sum one, so that a grey picture keeps its values."""
        total = sum(self.weights)
        grey = sum(image[:, i : i + 1] * (w / total) for i, w in enumerate(self.weights))
        return grey


@PHYSICS.register_module()
class HSVValue(NonlinearOperator):
    """Value channel of HSV, the maximum over the channels (colorization of MAP-D, sec. "Colorization").

    Piecewise linear, not linear. ``A_dagger`` copies the value to all channels,
    a right inverse: A(A†y) = y, and x + A†(y - A(x)) measures y exactly.
    """  # noqa: E501

    reduces_channels = True

    def measurement_shape(self, image_shape: ImageShape) -> tuple[int, ...]:
        """Shape of one measurement, without batch, of an image of shape (C, H, W)."""
        return 1, image_shape[1], image_shape[2]

    def infer_image_shape(self, measurement_shape: tuple[int, ...]) -> ImageShape:
        """Shape (3, H, W) of the image that gives a measurement of this shape (no batch)."""
        return 3, measurement_shape[1], measurement_shape[2]

    def A(self, x: Tensor, **kwargs: Tensor) -> Tensor:
        """Measure.

        Args:
            x: Images, B×3×H×W.
            **kwargs: Ignored.

        Returns:
            Measurements, B×1×H×W.
        """
        return x.amax(dim=1, keepdim=True)

    def A_dagger(self, y: Tensor, **kwargs: Tensor) -> Tensor:
        """Grey image of the given value.

        Args:
            y: Measurements, B×1×H×W.
            **kwargs: Ignored.

        Returns:
            Images, B×3×H×W.
        """
        return y.expand(-1, 3, -1, -1)

    def A_adjoint(self, y: Tensor, **kwargs: Tensor) -> Tensor:
        """Same as :meth:`A_dagger`: there is no adjoint.

        Args:
            y: Measurements, B×1×H×W.
            **kwargs: Ignored.

        Returns:
            Images, B×3×H×W.
        """
        return self.A_dagger(y)

    def null_space_diagonal(self, image_shape: ImageShape, like: Tensor) -> Tensor:
        """2/3 everywhere: the mean over the channels, of which the largest one is known.

        The operator is not linear; this is its derivative's, but for the channel, which the
        image decides.
        """
        return like.new_full((1, *image_shape), 2 / 3)

    def measurement_from_image(self, image: Tensor) -> Tensor:
        """Maximum over the channels of the picture."""
        return self.A(image)


@PHYSICS.register_module()
class Quantization(IdentityInLoss):
    """Rounding to L equally spaced levels of [0, 1] (MAP-D, sec. "Image Quantization").

    q(x) = round(clamp(x, 0, 1)·(L - 1)) / (L - 1). Its gradient is zero almost
    everywhere; inside a loss it is replaced by the identity, as in the paper.

    Args:
        levels: Number of levels L, at least 2.
        centre: What was subtracted from the [0, 1] image; set by the adapter.

    Raises:
        DegradationError: If there are fewer than two levels.
    """

    def __init__(self, levels: PositiveInt, centre: float = 0.0) -> None:
        super().__init__(centre)
        if isinstance(levels, bool) or int(levels) != levels or levels < 2:
            raise DegradationError(f'Quantization: levels={levels!r} must be an integer >= 2')
        self.levels = int(levels)

    def A(self, x: Tensor, **kwargs: Tensor) -> Tensor:
        """Quantize.

        Args:
            x: Images, B×C×H×W, centred.
            **kwargs: Ignored.

        Returns:
            Measurements, B×C×H×W, centred; without gradient.
        """
        steps = self.levels - 1
        level = ((x.detach() + self.centre).clamp(0, 1) * steps).round()
        return level / steps - self.centre
