"""Free feature maps at a cut of the generator, kept near their start (ILO, Daras et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mmgenprior.inversion.iterate import Tensors
from mmgenprior.utils.limits import NonNegativeFloat, PositiveFloat, PositiveInt

BALLS = ('l2', 'l1', None)


@dataclass(frozen=True)
class FreeFeatures:
    """What a stage does with the features at a cut.

    Attributes:
        cut: Number of blocks before it, 1 to ``len(prior.blocks)`` − 1.
        lr: Step size.
        ball: ``'l2'`` or ``'l1'``: the norm in which every sample stays near the features that the
            stage starts with; None lets them go.
        radius: Radius of the ball, as a share of the norm of the start. The feature maps and each
            other thing that later blocks read (styles, conditions) have balls of their own.
    """

    cut: PositiveInt
    lr: NonNegativeFloat = 1e-2
    ball: str | None = 'l2'
    radius: PositiveFloat = 0.5

    def __post_init__(self) -> None:
        if self.cut < 1:
            raise ValueError(f'cut={self.cut} must be at least 1, a number of blocks')
        if not self.lr >= 0:
            raise ValueError(f'lr={self.lr} must be a step size, 0 or more')
        if self.ball not in BALLS:
            raise ValueError(f"ball must be 'l2', 'l1' or None, got {self.ball!r}")
        if self.ball and not self.radius > 0:
            raise ValueError(f'radius={self.radius} must be positive')

    def ball_around(self, start: Tensors) -> Ball | None:
        """The ball round the features that a stage starts with, or None."""
        return Ball(start, self.ball, self.radius) if self.ball else None


class Ball:
    """Keeps named tensors near their start, sample by sample.

    Args:
        start: Name → B×... centres.
        norm: ``'l2'`` or ``'l1'``.
        radius: Share of a centre's norm.
    """

    def __init__(self, start: Tensors, norm: str, radius: float) -> None:
        self.start = {name: value.detach().clone() for name, value in start.items()}
        self._order = {'l2': 2, 'l1': 1}[norm]
        self._radii = {
            name: radius * torch.linalg.vector_norm(value.flatten(1), self._order, dim=1)
            for name, value in self.start.items()
        }

    @torch.no_grad()
    def project(self, features: Tensors) -> None:
        """Move each tensor to the nearest point of its ball, in place."""
        onto = onto_l2 if self._order == 2 else onto_l1
        for name, value in features.items():
            start = self.start[name]
            shift = onto((value - start).flatten(1), self._radii[name])
            value.copy_(start + shift.view_as(value))


def onto_l2(rows: Tensor, radius: Tensor) -> Tensor:
    """Nearest points of the ℓ2 ball.

    Args:
        rows: B×n.
        radius: (B,).

    Returns:
        B×n; a row inside its ball stays as it is.
    """
    norm = torch.linalg.vector_norm(rows, dim=1)
    tiny = torch.finfo(rows.dtype).tiny
    return rows * (radius / norm.clamp(min=tiny)).clamp(max=1)[:, None]


def onto_l1(rows: Tensor, radius: Tensor) -> Tensor:
    """Nearest points of the ℓ1 ball, by soft thresholding (Duchi et al. 2008).

    Args:
        rows: B×n.
        radius: (B,).

    Returns:
        B×n; a row inside its ball stays as it is.
    """
    size = rows.abs()
    ordered = size.sort(dim=1, descending=True).values
    counts = torch.arange(1, rows.shape[1] + 1, device=rows.device, dtype=rows.dtype)
    thresholds = (ordered.cumsum(1) - radius[:, None]) / counts
    # How many entries stay: the last that lies above the threshold of those up to it.
    kept = (ordered > thresholds).sum(1, keepdim=True).clamp(min=1)
    threshold = thresholds.gather(1, kept - 1).clamp(min=0)
    return rows.sign() * (size - threshold).clamp(min=0)
