"""Objective terms: what the search through the generator minimises.

A term compares one estimate per sample with a target that is computed once per
image, and returns one number per sample. Terms are components of MMagic's
``MODELS`` registry; a new one joins an objective by its name in a config.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.degradations import Degradation


@dataclass
class Estimate:
    """One iterate of a batch of B samples.

    Attributes:
        image: G(z), B×3×H×W, RGB on the scale [0, 1], not clamped.
        prediction: A(G(z)), in the units and shape of the measurement.
        latents: Name → B×... latent tensors.
    """

    image: Tensor
    prediction: Tensor
    latents: dict[str, Tensor]


class ObjectiveTerm(nn.Module):
    """Base of all objective terms.

    Args:
        weight: Factor of the term in the objective.
    """

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = float(weight)

    def prepare(self, y: Tensor, degradation: Degradation) -> Any:
        """Compute once per batch what the term needs of the measurement.

        Args:
            y: Measurements, B×....
            degradation: The operator, bound to the parameters of this batch.

        Returns:
            The target handed to :meth:`forward` in every iteration.
        """
        return y

    def forward(self, estimate: Estimate, target: Any) -> Tensor:
        """Value of the term per sample, shape (B,), without its weight."""
        raise TypeError(f'{type(self).__name__} does not define forward()')


def per_sample(values: Tensor, reduction: str) -> Tensor:
    """Reduce B×... values to (B,) by ``'mean'`` or ``'sum'`` over each sample."""
    flat = values.flatten(1)
    return flat.mean(1) if reduction == 'mean' else flat.sum(1)


@MODELS.register_module()
class DataFidelity(ObjectiveTerm):
    """Distance between A(G(z)) and the measurement y.

    ``l2`` is the squared distance of CSGM (Bora et al. 2017) and IAGAN, Eq. (2)
    and (3); ``l1`` the absolute distance of MAP-D.

    Args:
        norm: ``'l2'`` or ``'l1'``.
        reduction: ``'mean'`` over the measurement, as all official code does, or ``'sum'``.
        weight: Factor of the term. Images are in [0, 1] here; a squared error
            on the papers' [-1, 1] is 4 times as large.

    Raises:
        ValueError: If ``norm`` or ``reduction`` is none of the above.
    """

    def __init__(self, norm: str = 'l2', reduction: str = 'mean', weight: float = 1.0) -> None:
        super().__init__(weight)
        if norm not in ('l1', 'l2'):
            raise ValueError(f"DataFidelity: norm must be 'l1' or 'l2', got {norm!r}")
        if reduction not in ('mean', 'sum'):
            raise ValueError(f"DataFidelity: reduction must be 'mean' or 'sum', got {reduction!r}")
        self.norm = norm
        self.reduction = reduction

    def forward(self, estimate: Estimate, target: Tensor) -> Tensor:
        """Distance per sample, shape (B,)."""
        residual = estimate.prediction - target
        distance = residual.square() if self.norm == 'l2' else residual.abs()
        return per_sample(distance, self.reduction)


@MODELS.register_module()
class LatentNorm(ObjectiveTerm):
    """Half the mean square of the latents, −log p(z) of a standard normal up to scale.

    The λ‖z‖² of CSGM (Bora et al. 2017, Eq. 3) and DGP's latent NLL.

    Args:
        weight: Factor of the term.
        latents: Names of the latents it applies to.
    """

    def __init__(self, weight: float = 1.0, latents: Sequence[str] = ('z',)) -> None:
        super().__init__(weight)
        self.latents = tuple(latents)

    def prepare(self, y: Tensor, degradation: Degradation) -> None:
        """Nothing to prepare: the term looks at the latents alone."""
        return None

    def forward(self, estimate: Estimate, target: None) -> Tensor:
        """Half mean square per sample, shape (B,)."""
        return sum(0.5 * per_sample(estimate.latents[k].square(), 'mean') for k in self.latents)


class Objective(nn.Module):
    """Weighted sum of objective terms.

    Args:
        terms: Configs or instances of :class:`ObjectiveTerm`. A config may hold a ``name``, by
            which a stage gives the term another weight; by default it is the term's type.
    """

    def __init__(self, terms: Sequence[dict | ObjectiveTerm]) -> None:
        super().__init__()
        if not terms:
            raise ValueError('an objective needs at least one term, e.g. dict(type="DataFidelity")')
        self.terms = nn.ModuleList()
        self.names: list[str] = []
        for term in terms:
            name = None
            if isinstance(term, dict):
                term = dict(term)
                name = term.pop('name', None)
                term = MODELS.build(term)
            self.terms.append(term)
            self.names.append(name or type(term).__name__)

    def weights(self, changes: Mapping[str, float] | None = None) -> list[float]:
        """Weight of every term.

        Args:
            changes: Name → weight of a stage, in place of the term's own.

        Raises:
            ValueError: If a name is not that of exactly one term, or no weight is left.
        """
        changes = dict(changes or {})
        for name in changes:
            self.index(name)
        weights = [float(changes.get(n, term.weight)) for n, term in zip(self.names, self.terms)]
        if not any(weights):
            raise ValueError('every term of the objective has the weight 0')
        return weights

    def index(self, name: str) -> int:
        """Position of the term of this name.

        Raises:
            ValueError: If there is none, or more than one.
        """
        if self.names.count(name) != 1:
            found = 'no' if name not in self.names else 'more than one'
            raise ValueError(
                f'the objective has {found} term {name!r}, its terms are: {", ".join(self.names)}'
            )
        return self.names.index(name)

    def prepare(
        self, y: Tensor, degradation: Degradation, needed: Collection[int] | None = None
    ) -> list[Any]:
        """Targets of all terms, or of those at the positions ``needed``, once per batch."""
        with torch.no_grad():
            return [
                term.prepare(y, degradation) if needed is None or i in needed else None
                for i, term in enumerate(self.terms)
            ]

    def forward(
        self, estimate: Estimate, targets: list[Any], weights: Sequence[float] | None = None
    ) -> Tensor:
        """Objective per sample, shape (B,)."""
        return self.evaluate(estimate, targets, weights)[0]

    def evaluate(
        self,
        estimate: Estimate,
        targets: list[Any],
        weights: Sequence[float] | None = None,
        watched: int | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Objective per sample, and one of its terms without weight.

        Args:
            estimate: The iterate.
            targets: Of :meth:`prepare`.
            weights: Of :meth:`weights`; the terms' own by default. A term of weight 0 is not
                computed, unless it is watched.
            watched: Position of the term to return beside the sum, or None.

        Returns:
            The weighted sum (B,), and the watched term (B,) or None.
        """
        weights = self.weights() if weights is None else weights
        total, seen = 0, None
        for i, (term, target, weight) in enumerate(zip(self.terms, targets, weights)):
            if not weight and i != watched:
                continue
            value = term(estimate, target)
            if i == watched:
                seen = value
            if weight:
                total = total + weight * value
        return total, seen


def picture_of(y: Tensor, degradation: Degradation) -> Tensor:
    """Picture of a measurement or of a prediction, differentiable and not clamped.

    Args:
        y: Measurements or predictions, B×..., in the operator's centred units.
        degradation: The operator, bound.

    Returns:
        B×3×h×w, RGB on the scale [0, 1]: grey copied to three channels, holes at the operator's
        centre; the adjoint image where a measurement is no picture.
    """
    picture = y + degradation.centre if degradation.image_like else degradation.adjoint_image(y)
    return picture.expand(-1, 3, -1, -1) if picture.shape[1] == 1 else picture
