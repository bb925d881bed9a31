"""The objective: a weighted sum of terms, one number per sample."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.degradations import Degradation
from mmgenprior.inversion.terms.base import Estimate, ObjectiveTerm
from mmgenprior.utils.errors import UserError


class Objective(nn.Module):
    """Weighted sum of objective terms.

    Args:
        terms: Configs or instances of :class:`ObjectiveTerm`. A config may hold a ``name``, by
            which a stage gives the term another weight; by default it is the term's type.
    """

    def __init__(self, terms: Sequence[dict | ObjectiveTerm]) -> None:
        super().__init__()
        if not terms:
            raise ValueError(
                'an objective needs at least one term, e.g. dict(type="DataFidelityTerm")'
            )
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

    def residual(
        self, estimate: Estimate, targets: list[Any], weights: Sequence[float] | None = None
    ) -> Tensor:
        """R with Σ r² equal to the objective (B×m), or touching it from above.

        Args:
            estimate: The iterate.
            targets: Of :meth:`prepare`.
            weights: Of :meth:`weights`; the terms' own by default.

        Raises:
            UserError: If a term is no sum of squares, or has a negative weight.
        """
        weights = self.weights() if weights is None else weights
        rows = []
        for name, term, target, weight in zip(self.names, self.terms, targets, weights):
            if weight < 0:
                raise UserError(f'objective: {name} has the weight {weight}: no least squares')
            if weight:
                rows.append(term.residual(estimate, target) * weight**0.5)
        return torch.cat(rows, dim=1)

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
