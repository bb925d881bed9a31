"""Products of operators, for hybrid tasks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

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
from mmgenprior.degradations.separable import SeparableOperator, SeparableProduct
from mmgenprior.registry import PHYSICS


def _merge(operators: Sequence[Operator]) -> list[tuple[int, Operator]]:
    """Replace runs of separable operators by their product, which has a closed-form inverse.

    Returns:
        Pairs of the position of the (first) operator in the given list and the operator.
    """
    merged: list[tuple[int, Operator]] = []
    numbered = enumerate(operators)
    for separable, run in itertools.groupby(
        numbered, lambda pair: isinstance(pair[1], SeparableOperator)
    ):
        run = list(run)
        if separable and len(run) > 1:
            run = [(run[0][0], SeparableProduct([operator for _, operator in run]))]
        merged += run
    return merged


class _Composition(Operator):
    """Chain of operators; the first listed acts first."""

    def _init_chain(self, numbered: Sequence[tuple[int, Operator]]) -> None:
        operators = [operator for _, operator in numbered]
        self.operators = nn.ModuleList(operators)
        self.image_like = operators[-1].image_like
        owned = [name for operator in operators for name in operator.parameter_names]
        # A name that one operator alone uses stays as it is; others carry their position.
        self._names = {
            (index, name): name if owned.count(name) == 1 else f'{name}_{position}'
            for index, (position, operator) in enumerate(numbered)
            for name in operator.parameter_names
        }
        self.parameter_names = tuple(self._names.values())

    @property
    def reduces_channels(self) -> bool:
        """Whether some operator turns three channels into one."""
        return any(operator.reduces_channels for operator in self._flat())

    def _flat(self) -> list[Operator]:
        flat = []
        for operator in self.operators:
            flat += operator.operators if isinstance(operator, SeparableProduct) else [operator]
        return flat

    def set_image_shape(self, image_shape: ImageShape) -> None:
        """Fix the (C, H, W) of the images, and what that means for each operator."""
        self.image_shape = tuple(image_shape)
        for operator in self.operators:
            operator.set_image_shape(image_shape)
            image_shape = operator.measurement_shape(image_shape)

    def set_centre(self, centre: float) -> None:
        """Tell nonlinear operators which value was subtracted from the [0, 1] image."""
        for operator in self.operators:
            operator.set_centre(centre)

    def measurement_shape(self, image_shape: ImageShape) -> tuple[int, ...]:
        """Shape of one measurement, without batch, of an image of shape (C, H, W)."""
        for operator in self.operators:
            image_shape = operator.measurement_shape(image_shape)
        return image_shape

    def infer_image_shape(self, measurement_shape: tuple[int, ...]) -> ImageShape:
        """Shape (C, H, W) of the image that gives a measurement of this shape (no batch)."""
        for operator in reversed(self.operators):
            measurement_shape = operator.infer_image_shape(measurement_shape)
        return measurement_shape

    def draw_parameters(
        self, image_shape: ImageShape, generator: torch.Generator
    ) -> dict[str, Tensor]:
        """Draw the parameters of all operators, in their order."""
        drawn = {}
        for index, operator in enumerate(self.operators):
            for name, value in operator.draw_parameters(image_shape, generator).items():
                drawn[self._names[index, name]] = value
            image_shape = operator.measurement_shape(image_shape)
        return drawn

    def update_parameters(self, **kwargs: Tensor) -> None:
        """Hand each operator its parameters."""
        for index, operator in enumerate(self.operators):
            own = {name: kwargs.get(self._names[index, name]) for name in operator.parameter_names}
            operator.update_parameters(**own)

    def measurement_from_image(self, image: Tensor) -> Tensor:
        """Turn the picture of a measurement, B×3×h×w in RGB, into the measurement."""
        for operator in self._flat():
            if operator.reduces_channels:
                return operator.measurement_from_image(image)
        return image

    def A(self, x: Tensor, **kwargs: Any) -> Tensor:
        """Measure.

        Args:
            x: Images, B×C×H×W.
            **kwargs: New per-sample parameters.

        Returns:
            Measurements, B×...
        """
        self.update_parameters(**kwargs)
        for operator in self.operators:
            x = operator.A(x)
        return x

    def A_adjoint(self, y: Tensor, **kwargs: Any) -> Tensor:
        """Transpose: the adjoints backwards, those of the surrogates where not linear.

        Args:
            y: Measurements, B×...
            **kwargs: New per-sample parameters.

        Returns:
            Images, B×C×H×W.
        """
        self.update_parameters(**kwargs)
        for operator in reversed(self.operators):
            y = operator.A_adjoint(y)
        return y


class LinearComposition(_Composition, LinearOperator):
    """Product of linear operators; see :func:`Compose`."""

    def __init__(
        self, operators: Sequence[LinearOperator], tol: float | None = None, max_iter: int = 1000
    ) -> None:
        super().__init__()
        if tol is None:  # no product is solved more exactly than its factors
            tols = [getattr(operator, 'inverse_tol', None) for operator in operators]
            tol = max((each for each in tols if each is not None), default=None)
        # Not deepinv's `tol` and `max_iter`, which its own solvers read.
        self.inverse_tol = tol
        self.inverse_iterations = max_iter
        self._init_chain(_merge(operators))

    def null_space_diagonal(self, image_shape: ImageShape, like: Tensor) -> Tensor | None:
        """That of the one product if all factors are separable, else None."""
        if len(self.operators) > 1:
            return None
        return self.operators[0].null_space_diagonal(image_shape, like)

    def A_dagger(self, y: Tensor, **kwargs: Any) -> Tensor:
        """Moore-Penrose pseudo-inverse, by conjugate gradients unless all factors are separable.

        Args:
            y: Measurements, B×...
            **kwargs: New per-sample parameters.

        Returns:
            Images, B×C×H×W.
        """
        self.update_parameters(**kwargs)
        if len(self.operators) == 1:
            return self.operators[0].A_dagger(y)
        inverse = (self.inverse_tol, self.inverse_iterations)
        return pseudo_inverse(y, self.A, self.A_adjoint, *inverse)


class NonlinearComposition(_Composition, NonlinearOperator):
    """Product with at least one nonlinear operator; see :func:`Compose`."""

    def __init__(
        self, operators: Sequence[Operator], tol: float | None = None, max_iter: int = 1000
    ) -> None:
        super().__init__()
        self._init_chain(list(enumerate(operators)))
        stand_ins = [operator.surrogate for operator in operators]
        same = all(s is o for s, o in zip(stand_ins, operators, strict=True))
        self._surrogate = None if same else Compose(stand_ins, tol, max_iter)

    @property
    def surrogate(self) -> Operator:
        """The product of the surrogates; itself if no operator has another one."""
        return self if self._surrogate is None else self._surrogate

    def set_image_shape(self, image_shape: ImageShape) -> None:
        """Fix the (C, H, W) of the images, for the surrogate too."""
        super().set_image_shape(image_shape)
        if self._surrogate is not None:
            self._surrogate.set_image_shape(image_shape)

    def update_parameters(self, **kwargs: Tensor) -> None:
        """Hand each operator its parameters, and the surrogate's."""
        super().update_parameters(**kwargs)
        if self._surrogate is not None:
            self._surrogate.update_parameters(**kwargs)

    def A_dagger(self, y: Tensor, **kwargs: Any) -> Tensor:
        """Pseudo-inverse of the surrogate if that is linear, else the inverses one by one.

        Args:
            y: Measurements, B×...
            **kwargs: New per-sample parameters.

        Returns:
            Images, B×C×H×W.
        """
        self.update_parameters(**kwargs)
        if isinstance(self._surrogate, LinearComposition):
            return self._surrogate.A_dagger(y)
        for operator in reversed(self.operators):
            y = operator.A_dagger(y)
        return y


@PHYSICS.register_module()
def Compose(
    operators: Sequence[Operator], tol: float | None = None, max_iter: int = 1000
) -> Operator:
    """Product of operators for hybrid tasks; the first listed acts first.

    DGP's hybrid task is ``[LanczosDownsampling(2, upsample='bilinear'),
    Luminance(), BoxMask(fraction=1/3)]``. Runs of separable operators are
    multiplied into one. The pseudo-inverse is that of the product, not the
    product of pseudo-inverses: closed form if everything is separable,
    conjugate gradients otherwise. A parameter name that several operators use
    carries the operator's position, ``mask_0``, ``mask_2``.

    Args:
        operators: Operators of this package, or their configs.
        tol: Relative tolerance of conjugate gradients, see
            :func:`mmgenprior.degradations.linear_solvers.cgls`.
        max_iter: Most iterations of conjugate gradients.

    Returns:
        A linear operator if all factors are linear.

    Raises:
        DegradationError: If the list is empty or holds something else.
    """
    from mmgenprior.degradations.build import build_physics

    operators = [build_physics(o) if isinstance(o, dict) else o for o in operators]
    if not operators:
        raise DegradationError('Compose: operators is empty; list at least one')
    for operator in operators:
        if not isinstance(operator, Operator):
            raise DegradationError(
                f'Compose: {type(operator).__name__} is no operator of mmgenprior; deepinv '
                'operators compose with deepinv.physics.compose'
            )
    linear = all(isinstance(operator, LinearOperator) for operator in operators)
    return (LinearComposition if linear else NonlinearComposition)(operators, tol, max_iter)
