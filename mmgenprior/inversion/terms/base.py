"""What every objective term is, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from mmgenprior.degradations import Degradation
from mmgenprior.utils.errors import UserError


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
    """Base of all objective terms; a component of MMagic's ``MODELS`` whose name ends in ``Term``.

    A term compares one estimate per sample with a target that is computed once per image, and
    returns one number per sample.

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

    def residual(self, estimate: Estimate, target: Any) -> Tensor:
        """R with Σ r² equal to the term, B×m, for least-squares optimisers.

        A term that is no sum of squares but an absolute one gives the residual of the quadratic
        that touches it at the estimate (iterative re-weighting), see :func:`reweighted`.

        Raises:
            UserError: If the term is neither.
        """
        raise UserError(
            f'{type(self).__name__} is no sum of squares: least-squares optimisers cannot use it; '
            "take optimizer=dict(type='Adam') or leave the term out"
        )


def reweighted(residual: Tensor, floor: float = 1e-4) -> Tensor:
    """r/√(2|r|) with the denominator held fixed: its squares touch |r| from above (IRLS).

    |r| ≤ r²/(2|r₀|) + |r₀|/2, with equal value and gradient at r₀ (Daubechies et al. 2010).

    Args:
        residual: Any shape.
        floor: Least |r₀|, in the units of the residual.
    """
    return residual / (2 * residual.detach().abs().clamp(min=floor)).sqrt()


def scaled_rows(values: Tensor, reduction: str) -> Tensor:
    """B×… residuals as rows B×m whose squares add up to their mean or sum per sample."""
    flat = values.flatten(1)
    return flat / flat.shape[1] ** 0.5 if reduction == 'mean' else flat


def per_sample(values: Tensor, reduction: str) -> Tensor:
    """Reduce B×... values to (B,) by ``'mean'`` or ``'sum'`` over each sample."""
    flat = values.flatten(1)
    return flat.mean(1) if reduction == 'mean' else flat.sum(1)


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
