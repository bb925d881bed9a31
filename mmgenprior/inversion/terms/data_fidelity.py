"""How far a prediction is from the measurement."""

from __future__ import annotations

from mmagic.registry import MODELS
from torch import Tensor

from mmgenprior.inversion.terms.base import (
    Estimate,
    ObjectiveTerm,
    per_sample,
    reweighted,
    scaled_rows,
)


@MODELS.register_module()
class DataFidelityTerm(ObjectiveTerm):
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
            raise ValueError(f"DataFidelityTerm: norm must be 'l1' or 'l2', got {norm!r}")
        if reduction not in ('mean', 'sum'):
            raise ValueError(
                f"DataFidelityTerm: reduction must be 'mean' or 'sum', got {reduction!r}"
            )
        self.norm = norm
        self.reduction = reduction

    def forward(self, estimate: Estimate, target: Tensor) -> Tensor:
        """Distance per sample, shape (B,)."""
        residual = estimate.prediction - target
        distance = residual.square() if self.norm == 'l2' else residual.abs()
        return per_sample(distance, self.reduction)

    def residual(self, estimate: Estimate, target: Tensor) -> Tensor:
        """See :meth:`ObjectiveTerm.residual`; ``l1`` by re-weighting."""
        residual = estimate.prediction - target
        residual = residual if self.norm == 'l2' else reweighted(residual)
        return scaled_rows(residual, self.reduction)
