"""deepinv's operators for pictures: which take them as they are, by channel, or not at all."""

from __future__ import annotations

import math
from typing import Any

import deepinv
import torch
from torch import Tensor, nn

from mmgenprior.degradations.base import (
    DegradationError,
    ImageShape,
    LinearOperator,
    NonlinearOperator,
    Operator,
)
from mmgenprior.degradations.linear_solvers import pseudo_inverse

# What no picture can be fed to, and what to use instead.
REFUSED = {
    'Physics': 'is the base of all operators: name one of them, or Identity',
    'LinearPhysics': 'is the base of all linear operators: name one of them, or Identity',
    'ComposedPhysics': 'cannot be written as data: use Compose(operators=[...])',
    'ComposedLinearPhysics': 'cannot be written as data: use Compose(operators=[...])',
    'PhysicsCropper': 'is a part of a network: use the operator itself',
    'PhysicsMultiScaler': 'is a part of a network: use the operator itself',
    'LinearPhysicsMultiScaler': 'is a part of a network: use the operator itself',
    'BlurMultiScaler': 'is a part of a network: use Blur',
    'BlurFFTMultiScaler': 'is a part of a network: use BlurFFT',
    'InpaintingMultiScaler': 'is a part of a network: use Inpainting',
    'VirtualLinearPhysics': 'is a part of equivariant training: use the operator itself',
    'DynamicMRI': 'measures a video: use MRI for a picture',
    'SequentialMRI': 'measures over time: use MRI, or StackedLinearPhysics of several',
    'SinglePhotonLidar': 'measures a depth map: no operator of pictures is like it',
    'PET': 'measures a volume: use Tomography for a picture',
}

# How a picture B×C×H×W is fed to an operator of something else: every channel as an image of its
# own ('grey'), as one with a second channel of zeros ('pair': real and imaginary part) or as a
# complex one ('complex'); the whole picture as complex numbers ('complex picture') or as it is
# ('picture'); with a constant depth and a constant light ('scene').
FORMS = {
    'Haze': 'scene',
    'MRI': 'pair',
    'MultiCoilMRI': 'pair',
    'Pansharpen': 'picture',
    'Ptychography': 'complex',
    'PtychographyLinearOperator': 'complex',
    'RandomPhaseRetrieval': 'complex picture',
    'Scattering': 'complex',
    'StackedLinearPhysics': 'picture',
    'StackedPhysics': 'picture',
    'UltrasoundPlaneWave': 'grey',
}
_BY_CHANNEL = ('grey', 'pair', 'complex')


def adapt(name: str, physics: deepinv.physics.Physics) -> deepinv.physics.Physics:
    """The operator as it takes pictures; most of deepinv's do so by themselves.

    Args:
        name: Its class in ``deepinv.physics``.
        physics: The operator.
    """
    form = FORMS.get(name)
    if form is None:
        return physics
    if name.startswith('Stacked'):
        # deepinv keeps a plain list, whose operators would stay behind on another device.
        physics.physics_list = nn.ModuleList(physics.physics_list)
    if isinstance(physics, deepinv.physics.LinearPhysics):
        return DeepinvLinear(name, physics, form)
    return Haze(physics) if form == 'scene' else DeepinvNonlinear(name, physics, form)


class _Adapted(Operator):
    """Part of linear and nonlinear operators of deepinv that see a picture in another form.

    A measurement is one real tensor: B×C×... of every channel, complex numbers as a last axis of
    2, and several tensors one behind the other as B×m.
    """

    image_like = False

    def __init__(self, name: str, theirs: deepinv.physics.Physics, form: str) -> None:
        super().__init__()
        self.deepinv_name = name
        self.theirs = theirs
        self.form = form

    def _encode(self, x: Tensor) -> Tensor:
        """A picture B×C×H×W as the operator takes it."""
        if self.form in _BY_CHANNEL:
            x = x.flatten(0, 1)[:, None]
        if self.form == 'pair':
            return torch.cat([x, torch.zeros_like(x)], dim=1)
        if self.form.startswith('complex'):
            return torch.complex(x, torch.zeros_like(x)).to(self._complex_dtype(x))
        return x

    def _complex_dtype(self, x: Tensor) -> torch.dtype:
        kinds = [v.dtype for v in (*self.theirs.buffers(), *self.theirs.parameters())]
        kinds = [kind for kind in kinds if kind.is_complex]
        return kinds[0] if kinds else torch.complex(x[:0], x[:0]).dtype

    def _decode(self, image: Tensor, like: Tensor) -> Tensor:
        """Transpose of :meth:`_encode`: the real part, one image of C channels."""
        image = image.real if image.is_complex() else image
        if self.form == 'pair':
            image = image[:, :1]
        if self.form in _BY_CHANNEL:
            image = image[:, 0].unflatten(0, (-1, self.image_shape[0]))
        return image.to(like.dtype)

    def A(self, x: Tensor, **kwargs: Any) -> Tensor:
        """Measure.

        Args:
            x: Images, B×C×H×W.
            **kwargs: Ignored.

        Returns:
            Measurements, B×..., real.
        """
        y = self.theirs.A(self._encode(x))
        if isinstance(y, (list, tuple, deepinv.utils.TensorList)):
            return torch.cat([part.flatten(1) for part in y], dim=1)
        y = torch.view_as_real(y) if y.is_complex() else y
        y = y.unflatten(0, (len(x), -1)) if self.form in _BY_CHANNEL else y
        return y.to(x.dtype)

    def _theirs(self, y: Tensor) -> Any:
        """A measurement as the operator makes it."""
        shapes, is_complex = self._layout(y)
        if isinstance(shapes, list):
            parts = y.split([math.prod(shape) for shape in shapes], dim=1)
            parts = [part.unflatten(1, shape) for part, shape in zip(parts, shapes, strict=True)]
            return deepinv.utils.TensorList(parts)
        y = y.flatten(0, 1) if self.form in _BY_CHANNEL else y
        return torch.view_as_complex(y.contiguous()) if is_complex else y

    def _layout(self, like: Tensor) -> tuple[Any, bool]:
        """Shapes of the tensors that the operator makes, and whether they are complex."""
        if self.image_shape is None:
            raise DegradationError(
                f'{self.deepinv_name} needs the image shape for its adjoint: bind the degradation'
            )

        def build():
            with torch.no_grad():
                y = self.theirs.A(self._encode(like.new_zeros(1, *self.image_shape)))
            if isinstance(y, Tensor):
                return y.shape[1:], y.is_complex()
            return [tuple(part.shape[1:]) for part in y], False

        return self.cached((self.image_shape, like.dtype, like.device), build)

    def set_image_shape(self, image_shape: ImageShape) -> None:
        """Fix the (C, H, W) of the images; :meth:`Degradation.bind` tries a measurement."""
        self.image_shape = tuple(image_shape)
        for part in self._parts():
            part.set_image_shape(self.image_shape)

    def set_centre(self, centre: float) -> None:
        """Tell the operators inside which value was subtracted from the [0, 1] image."""
        for part in self._parts():
            part.set_centre(centre)

    def _parts(self) -> list[Operator]:
        """Operators with these methods inside deepinv's, e.g. of a stack."""
        return [part for part in self.theirs.modules() if isinstance(part, Operator)]

    def measurement_shape(self, image_shape: ImageShape) -> tuple[int, ...]:
        """Shape of one measurement, without batch, of an image of shape (C, H, W)."""
        tensors = (*self.theirs.buffers(), *self.theirs.parameters())
        device = tensors[0].device if tensors else None
        with torch.no_grad():
            return tuple(self.A(torch.zeros(1, *image_shape, device=device)).shape[1:])


class DeepinvLinear(_Adapted, LinearOperator):
    """A linear operator, with the adjoint of what the picture goes through.

    Args:
        name: Its class in ``deepinv.physics``.
        theirs: The operator.
        form: What it sees of a picture, see :data:`FORMS`.
    """

    def A_adjoint(self, y: Tensor, **kwargs: Any) -> Tensor:
        """Transpose.

        Args:
            y: Measurements, B×....
            **kwargs: Ignored.

        Returns:
            Images, B×C×H×W.
        """
        return self._decode(self.theirs.A_adjoint(self._theirs(y)), y)

    def A_dagger(self, y: Tensor, **kwargs: Any) -> Tensor:
        """Pseudo-inverse by conjugate gradients; deepinv's own is of other images than pictures.

        Args:
            y: Measurements, B×....
            **kwargs: Ignored.

        Returns:
            Images, B×C×H×W.
        """
        return pseudo_inverse(y, self.A, self.A_adjoint)


class DeepinvNonlinear(_Adapted, NonlinearOperator):
    """A nonlinear operator, which has neither adjoint nor pseudo-inverse.

    Args:
        name: Its class in ``deepinv.physics``.
        theirs: The operator.
        form: What it sees of a picture, see :data:`FORMS`.
    """

    has_inverse = False


class Haze(DeepinvNonlinear):
    """deepinv's haze over a scene of constant depth and light, y = t·x + (1 − t)·light.

    t = exp(−β (depth + offset)). The depth and the light are not searched with the picture.

    Args:
        theirs: deepinv's operator, with ``beta`` and ``offset``.
    """

    image_like = True
    depth = 1.0
    light = 1.0

    def __init__(self, theirs: deepinv.physics.Physics) -> None:
        super().__init__('Haze', theirs, 'scene')
        self.centre = 0.0

    def set_centre(self, centre: float) -> None:
        """Tell which value was subtracted from the [0, 1] image."""
        self.centre = centre

    def _encode(self, x: Tensor) -> list[Tensor]:
        depth = x.new_full((1, 1, 1, 1), self.depth)
        return [x, depth, x.new_tensor(self.light - self.centre)]
