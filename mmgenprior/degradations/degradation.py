"""The degradation of a task: an operator, its noise and its units, in terms of [0, 1] images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import deepinv
import torch
from torch import Tensor, nn

from mmgenprior.degradations.base import (
    DegradationError,
    ImageShape,
    Operator,
    operator_name,
    shallow_clone,
)
from mmgenprior.degradations.noise_level import estimate_noise_level

# deepinv does not say which of its measurements are pictures.
_DEEPINV_PICTURES = (
    'Blur',
    'BlurFFT',
    'Decolorize',
    'Demosaicing',
    'Denoising',
    'Downsampling',
    'DownsamplingMatlab',
    'Haze',
    'Inpainting',
    'SpaceVaryingBlur',
    'Upsampling',
)


class Degradation(nn.Module):
    """y = A(x - c) + noise, for images x in [0, 1].

    Papers let operators act on images in [-1, 1], where a hole and the padding
    of a border are mid-grey; ``centre`` c = 0.5 does that here. Measurements
    stay in these centred units, and noise is in units of [0, 1] images (half
    the number that a paper on [-1, 1] gives in its own units).

    A degradation never changes: :meth:`bind` returns a copy that knows one
    batch's parameters and leaves this one as it is.

    Args:
        physics: The operator, any deepinv ``Physics``.
        noise: Noise model or ``None``.
        centre: The value c subtracted from images.
        image_like: Whether measurements are pictures; ``None`` asks the operator.
    """

    def __init__(
        self,
        physics: deepinv.physics.Physics,
        noise: nn.Module | None = None,
        centre: float = 0.0,
        image_like: bool | None = None,
    ) -> None:
        super().__init__()
        self.physics = physics
        self.noise = noise
        self.centre = float(centre)
        self.image_shape: ImageShape | None = None
        # Image shapes that an operator of deepinv has measured; shared by the bound copies.
        self._tried: set[ImageShape] = set()
        self.sigma: Tensor | None = None
        if image_like is None:
            image_like = getattr(physics, 'image_like', type(physics).__name__ in _DEEPINV_PICTURES)
        self.image_like = bool(image_like)
        if isinstance(physics, Operator):
            physics.set_centre(self.centre)
        self._set_loss_physics()

    def _set_loss_physics(self) -> None:
        # Kept out of the module tree: it shares its parts with self.physics.
        surrogate = getattr(self.physics, 'surrogate', self.physics)
        object.__setattr__(self, '_loss_physics', surrogate)

    @property
    def has_inverse(self) -> bool:
        """Whether there are an adjoint and a pseudo-inverse; deepinv's are of linear operators."""
        linear = isinstance(self.physics, deepinv.physics.LinearPhysics)
        return getattr(self.physics, 'has_inverse', linear)

    def draw_parameters(
        self, image_shape: ImageShape, generator: torch.Generator
    ) -> dict[str, Tensor]:
        """Draw one sample's parameters of operator and noise, in this order.

        Args:
            image_shape: (C, H, W) of the image.
            generator: The sample's generator, on the CPU.

        Returns:
            Tensors without batch dimension, e.g. ``mask`` (1×H×W), ``sigma`` (scalar).
        """
        drawn = {}
        if isinstance(self.physics, Operator):
            drawn.update(self.physics.draw_parameters(tuple(image_shape), generator))
        if self.noise is not None:
            drawn.update(self.noise.draw_parameters(generator))
        return drawn

    def bind(self, params: Mapping[str, Tensor], image_shape: ImageShape) -> Degradation:
        """Copy that knows a batch's parameters; tensors that do not change are shared.

        Operators of this package follow the device of the images; a deepinv
        operator must be moved, ``bind(...).to(device)``.

        Args:
            params: Parameters stacked along a batch dimension.
            image_shape: (C, H, W) of the images to restore.

        Returns:
            A new degradation, to be dropped after the batch.

        Raises:
            DegradationError: If the images cannot be measured, what is measured is not real
                numbers, or a parameter has the wrong size or an unknown name.
        """
        known = {'sigma'} if self.noise is not None else set()
        if isinstance(self.physics, Operator):
            known.update(self.physics.parameter_names)
            unknown = sorted(set(params) - known)
            if unknown:
                raise DegradationError(
                    f'{operator_name(self.physics)} has no parameter {", ".join(unknown)}; '
                    f'it takes: {", ".join(sorted(known)) or "none"}'
                )
        bound = shallow_clone(self)
        bound.image_shape = tuple(image_shape)
        bound.sigma = params.get('sigma') if self.noise is not None else None
        noises = () if self.noise is None else ('sigma',)
        given = {k: v for k, v in params.items() if k not in noises}
        if given:  # TiledSpaceVaryingBlur takes no empty update
            bound.physics.update(**given)
        if isinstance(bound.physics, Operator):
            bound.physics.set_image_shape(bound.image_shape)
        bound._set_loss_physics()
        theirs = not isinstance(bound.physics, Operator) or hasattr(bound.physics, 'deepinv_name')
        if theirs and bound.image_shape not in self._tried:
            bound._try_to_measure(params)
            self._tried.add(bound.image_shape)
        return bound

    def _try_to_measure(self, params: Mapping[str, Tensor]) -> None:
        """Say in one line what is wrong, where deepinv would fail in the middle of a run."""
        name = operator_name(self.physics)
        tensors = (*params.values(), *self.physics.buffers(), *self.physics.parameters())
        batch = max((len(v) for v in params.values() if v.dim()), default=1)
        image = torch.zeros(batch, *self.image_shape, device=tensors[0].device if tensors else None)
        size = '×'.join(map(str, self.image_shape))
        try:
            with torch.no_grad():
                y = self.forward_operator(image)
        except Exception as error:
            reason = ' '.join(str(error).split())
            raise DegradationError(
                f'{name} of deepinv cannot measure images of {size}: {reason}; give arguments for '
                'that shape, or another operator'
            ) from error
        if not isinstance(y, Tensor) or not y.is_floating_point():
            made = f'{y.dtype} numbers' if isinstance(y, Tensor) else f'a {type(y).__name__}'
            raise DegradationError(
                f'{name} of deepinv makes {made} of images of {size}, not one real tensor: '
                'use another operator'
            )

    def measure(
        self,
        x: Tensor,
        params: Mapping[str, Tensor],
        generators: Sequence[torch.Generator] | None = None,
    ) -> Tensor:
        """Degrade images, noise included.

        Args:
            x: Images, B×C×H×W in [0, 1].
            params: Parameters stacked along a batch dimension.
            generators: One CPU generator per sample for the noise.

        Returns:
            Measurements, B×..., in centred units.

        Raises:
            DegradationError: If there is noise but no generators or no ``sigma``.
        """
        bound = self.bind(params, tuple(x.shape[1:]))
        y = bound.forward_operator(x)
        if self.noise is None:
            return y
        if generators is None or bound.sigma is None:
            raise DegradationError('a noisy degradation needs generators and the parameter sigma')
        return self.noise(y, bound.sigma, generators)

    def forward_operator(self, x: Tensor) -> Tensor:
        """A(x - c), the true operator without noise; x is B×C×H×W in [0, 1]."""
        return self.physics.A(x - self.centre)

    def predict(self, x: Tensor) -> Tensor:
        """What a loss compares with y: the operator or its differentiable surrogate on x - c."""
        return self._loss_physics.A(x - self.centre)

    def _check_inverse(self) -> None:
        if not self.has_inverse:
            raise DegradationError(
                f'{operator_name(self.physics)} is not linear and has no adjoint or '
                'pseudo-inverse: leave out what needs one (back-projection, PseudoInverse, '
                'ZeroFilled, feature terms of measurements that are no pictures)'
            )

    def pseudo_inverse(self, y: Tensor) -> Tensor:
        """A†y + c, B×C×H×W; a DegradationError where there is none."""
        self._check_inverse()
        return self.physics.A_dagger(y) + self.centre

    def adjoint_image(self, y: Tensor) -> Tensor:
        """Aᵀy + c, B×C×H×W; the zero-filled inverse transform for sub-sampled Fourier.

        Raises:
            DegradationError: If there is none.
        """
        self._check_inverse()
        return self.physics.A_adjoint(y) + self.centre

    def observed(self, y: Tensor) -> Tensor | None:
        """Which numbers of measurements the image has a part in; None is all.

        Args:
            y: Measurements, B×....

        Returns:
            bool, of a shape that expands to that of ``y``.
        """
        return self.physics.observed(y) if isinstance(self.physics, Operator) else None

    def misfit(self, prediction: Tensor, y: Tensor) -> Tensor:
        """‖A x − y‖²/m per sample (B,), of A x and y, B×...; m is what the image has a part in."""
        squares = (prediction - y).square()
        observed = self.observed(y)
        if observed is None:
            return squares.flatten(1).mean(1)
        observed = observed.expand_as(squares).flatten(1)
        return (squares.flatten(1) * observed).sum(1) / observed.sum(1).clamp(min=1)

    def noise_level(self, y: Tensor) -> Tensor:
        """Standard deviation of the noise of each measurement.

        Args:
            y: Measurements, B×....

        Returns:
            (B,), in the units of the measurement: 0 without noise, what the noise was drawn with
            where that is known, else an estimate, see
            :func:`mmgenprior.degradations.noise_level.estimate_noise_level`.

        Raises:
            DegradationError: If it must be estimated and the measurements are no pictures, or
                have holes.
        """
        if self.noise is None:
            return y.new_zeros(len(y))
        if self.sigma is not None:
            return self.sigma.to(y).expand(len(y))
        if not self.image_like or self.observed(y) is not None:
            raise DegradationError(
                'the noise level of this measurement is not known, and only that of a picture '
                'without holes can be estimated: give noise=dict(type="GaussianNoise", sigma=...)'
            )
        return estimate_noise_level(y)

    def back_project(self, x: Tensor, y: Tensor) -> Tensor:
        """Nearest image that measures y, x + A†(y - A(x - c)) (IAGAN paper, eq. 10).

        Args:
            x: Images, B×C×H×W in [0, 1].
            y: Measurements, B×..., in centred units.

        Returns:
            Images, B×C×H×W, not clamped.

        Raises:
            DegradationError: If there is no pseudo-inverse.
        """
        self._check_inverse()
        return x + self.physics.A_dagger(y - self.forward_operator(x))

    def undetermined(
        self, like: Tensor, generator: torch.Generator, probes: int = 64
    ) -> Tensor | None:
        """How much of each value of an image the measurement leaves open, the diagonal of I − A†A.

        Exact where the operator knows it; else the mean of v ⊙ (I − A†A)v over random signs v
        (Hutchinson 1990), whose standard error is at most 0.5 / √probes. A surrogate stands for
        its operator.

        Args:
            like: Tells dtype and device.
            generator: CPU generator of the signs.
            probes: Number of them.

        Returns:
            B×C×H×W in [0, 1], B = 1 unless the samples have masks of their own; None if the
            operator is neither linear nor has a linear surrogate.

        Raises:
            DegradationError: If the degradation is not bound to an image shape.
        """
        if self.image_shape is None:
            raise DegradationError('undetermined() needs the image shape: bind the degradation')
        physics = self._loss_physics
        exact = None
        if isinstance(physics, Operator):
            exact = physics.null_space_diagonal(self.image_shape, like)
        if exact is not None or not isinstance(physics, deepinv.physics.LinearPhysics):
            return exact
        total = like.new_zeros(1, *self.image_shape)
        for _ in range(probes):
            signs = torch.randint(0, 2, total.shape, generator=generator) * 2 - 1
            signs = signs.to(like)
            total = total + signs * (signs - physics.A_dagger(physics.A(signs)))
        return (total / probes).clamp(0, 1)

    def infer_image_shape(self, measurement_shape: Sequence[int]) -> ImageShape:
        """(3, H, W) of the image behind a picture-like measurement of shape (C', h, w).

        Args:
            measurement_shape: Shape of one measurement, without batch.

        Returns:
            Shape of the image.

        Raises:
            DegradationError: If the operator cannot tell.
        """
        if not isinstance(self.physics, Operator) or not self.image_like:
            raise DegradationError(
                f'{operator_name(self.physics)} does not tell the image size: give image_shape'
            )
        _, height, width = self.physics.infer_image_shape(tuple(measurement_shape))
        return 3, height, width

    def measurement_image(self, y: Tensor, image_shape: ImageShape | None = None) -> Tensor:
        """Picture of a measurement.

        Args:
            y: Measurements, B×..., in centred units.
            image_shape: (C, H, W) of the images; needed where the measurement
                is no picture and the degradation is not bound.

        Returns:
            B×3×h×w in [0, 1]: the measurement itself where it is a picture
            (grey copied to three channels), else the adjoint image, and mid-grey where there is
            none.

        Raises:
            DegradationError: If the image shape is needed and not known.
        """
        degradation = self
        if image_shape is not None and self.image_shape is None:
            degradation = shallow_clone(self)
            if isinstance(degradation.physics, Operator):
                degradation.physics.set_image_shape(tuple(image_shape))
        if self.image_like:
            picture = y + self.centre
        elif self.has_inverse:
            picture = degradation.adjoint_image(y)
        elif image_shape is None and self.image_shape is None:
            raise DegradationError('measurement_image() needs the image shape of this operator')
        else:
            picture = y.new_full((len(y), *(self.image_shape or image_shape)), 0.5)
        if picture.shape[1] == 1:
            picture = picture.expand(-1, 3, -1, -1)
        return picture.clamp(0, 1)

    def measurement_from_image(self, image: Tensor) -> Tensor:
        """Turn the picture of a measurement into the measurement.

        Args:
            image: B×3×h×w in [0, 1], RGB.

        Returns:
            Measurements, B×C'×h×w, in centred units; one channel where the
            operator makes grey values.

        Raises:
            DegradationError: If the operator's measurements are no pictures.
        """
        if not self.image_like:
            raise DegradationError(
                f'a measurement of {operator_name(self.physics)} is no picture: it cannot be read '
                'from an image file'
            )
        if isinstance(self.physics, Operator):
            image = self.physics.measurement_from_image(image)
        return image - self.centre
