"""What every operator of this package adds to deepinv's ``Physics``."""

from __future__ import annotations

import copy
import types
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import torch
from deepinv.physics import LinearPhysics, Physics
from torch import Tensor, nn

from mmgenprior.utils.errors import UserError

ImageShape = tuple[int, int, int]

# Sizes met in a run are few; a data set of many native sizes must not fill the memory.
_CACHE_ENTRIES = 16


class DegradationError(UserError, ValueError):
    """A degradation is configured or used wrongly; the one-line message says how to mend it."""


class Operator(Physics):
    """Common part of linear and nonlinear operators.

    Operators act on float tensors B×C×H×W of any dtype and device. Whatever
    they derive from the image size (factors, masks, indices) is built once per
    size, dtype and device and kept.

    Attributes:
        parameter_names: Parameters that differ from sample to sample, set by
            ``update(**params)`` with a batch dimension.
        image_like: Whether the measurement is an image of 1 or 3 channels.
        image_shape: (C, H, W) of the images to restore where the measurement
            does not tell it (a downsampled image of odd size); ``None`` means
            that the measurement tells it.
        has_inverse: Whether there are an adjoint and a pseudo-inverse, exact or of the surrogate.
    """

    parameter_names: tuple[str, ...] = ()
    image_like: bool = True
    has_inverse: bool = True
    reduces_channels: bool = False
    image_shape: ImageShape | None = None

    def _init_cache(self) -> None:
        self._cache: OrderedDict[Hashable, Any] = OrderedDict()

    def cached(self, key: Hashable, build: Callable[[], Any]) -> Any:
        """Return the value stored under ``key``; built at first use, the least used goes first."""
        if key not in self._cache:
            while len(self._cache) >= _CACHE_ENTRIES:
                self._cache.popitem(last=False)
            self._cache[key] = build()
        self._cache.move_to_end(key)
        return self._cache[key]

    @property
    def surrogate(self) -> Operator:
        """Differentiable operator that stands for this one inside a loss."""
        return self

    def set_image_shape(self, image_shape: ImageShape) -> None:
        """Fix the (C, H, W) of the images; raises if the operator cannot act on them."""
        self.measurement_shape(image_shape)
        self.image_shape = tuple(image_shape)

    def set_centre(self, centre: float) -> None:
        """Tell a nonlinear operator which value was subtracted from the [0, 1] image."""

    def measurement_shape(self, image_shape: ImageShape) -> tuple[int, ...]:
        """Shape of one measurement, without batch, of an image of shape (C, H, W)."""
        return tuple(image_shape)

    def infer_image_shape(self, measurement_shape: tuple[int, ...]) -> ImageShape:
        """Shape (C, H, W) of the image that gives a measurement of this shape (no batch)."""
        return tuple(measurement_shape)

    def draw_parameters(
        self, image_shape: ImageShape, generator: torch.Generator
    ) -> dict[str, Tensor]:
        """Draw one sample's parameters (no batch dimension) from its own generator."""
        return {}

    def null_space_diagonal(self, image_shape: ImageShape, like: Tensor) -> Tensor | None:
        """Exact diagonal of I − A†A where it is cheap.

        Args:
            image_shape: (C, H, W) of the images.
            like: Tells dtype and device.

        Returns:
            B×C×H×W in [0, 1], B = 1 unless the samples have masks of their own; None where only
            an estimate is affordable.
        """
        return None

    def observed(self, y: Tensor) -> Tensor | None:
        """Which numbers of a measurement an image has a part in; None is all.

        Args:
            y: Measurements, B×....

        Returns:
            bool, of a shape that expands to that of ``y``.
        """
        return None

    def update_parameters(self, **kwargs: Tensor) -> None:
        """Set per-sample parameters, batched; unknown names are left to others."""
        for name in self.parameter_names:
            if kwargs.get(name) is not None:
                setattr(self, name, kwargs[name])

    def measurement_from_image(self, image: Tensor) -> Tensor:
        """Turn the picture of a measurement, B×3×h×w in RGB, into the measurement."""
        return image


class LinearOperator(Operator, LinearPhysics):
    """A linear operator with exact adjoint and Moore-Penrose pseudo-inverse."""

    def __init__(self) -> None:
        super().__init__()
        self._init_cache()


class NonlinearOperator(Operator):
    """An operator without adjoint; ``A_dagger`` is a right inverse or that of the surrogate."""

    def __init__(self) -> None:
        super().__init__()
        self._init_cache()

    def A_dagger(self, y: Tensor, **kwargs: Any) -> Tensor:
        """Pseudo-inverse of the surrogate.

        Args:
            y: Measurement, B×...
            **kwargs: Passed on.

        Returns:
            Images, B×C×H×W.
        """
        return self.surrogate.A_dagger(y, **kwargs)

    def A_adjoint(self, y: Tensor, **kwargs: Any) -> Tensor:
        """Adjoint of the surrogate.

        Args:
            y: Measurement, B×...
            **kwargs: Passed on.

        Returns:
            Images, B×C×H×W.
        """
        return self.surrogate.A_adjoint(y, **kwargs)


def operator_name(physics: Physics) -> str:
    """What a config calls the operator."""
    return getattr(physics, 'deepinv_name', type(physics).__name__)


def shallow_clone(module: nn.Module) -> nn.Module:
    """Copy a module tree without its tensors, so that setting an attribute of the copy stays there.

    Args:
        module: Any module; its tensors and caches are shared with the copy.

    Returns:
        The copy.
    """
    clone = copy.copy(module)
    clone._parameters = dict(module._parameters)
    clone._buffers = dict(module._buffers)
    clone._modules = {
        name: None if child is None else shallow_clone(child)
        for name, child in module._modules.items()
    }
    for name, value in vars(module).items():
        # Some deepinv operators keep bound methods; they must see the copy's parameters.
        if isinstance(value, types.MethodType) and value.__self__ is module:
            clone.__dict__[name] = types.MethodType(value.__func__, clone)
    return clone
