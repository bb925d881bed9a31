"""The pixel norm of PGGAN: over every map once, forward and backward."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from mmgenprior.priors.execution import pass_is_ordinary

# Numbers of a map that are worked on at once: with what is made of them they stay in the cache.
_CHUNK = 2**17
# Far below every eps squared, far above what float32 can divide by.
_TINY = 1e-30


class PixelNorm(nn.Module):
    """x / (√(mean x²) + 1e-6) over the channels, as MMagic's ``PixelNorm``.

    On a CPU, where a search differentiates it as it is, its gradient is written out, and both go
    over the maps row by row: at 1024×1024 the some fifteen operations that they consist of move
    more memory than the convolutions beside them. Values and gradients differ by rounding. Under
    ``torch.func`` and on other devices it is the formula.

    Args:
        eps: What is added to the root.
    """

    def __init__(self, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Normalise B×C or B×C×H×W."""
        if _by_rows(x):
            return _RowByRow.apply(x, self)
        return x / self.divisor(x.square().mean(1, keepdim=True))[0]

    def divisor(self, mean_square: Tensor) -> tuple[Tensor, Tensor]:
        """What x is divided by, d; and q in ∂d/∂x = x/(C·q)."""
        # A pixel of zeros has no root to differentiate, only a gradient of 0.
        root = mean_square.clamp_min(_TINY).sqrt()
        return root + self.eps, root


class OfficialPixelNorm(PixelNorm):
    """x / √(mean x² + 1e-8) over the channels (Karras et al., 2018, section 4.2)."""

    def __init__(self, eps: float = 1e-8) -> None:
        super().__init__(eps)

    def divisor(self, mean_square: Tensor) -> tuple[Tensor, Tensor]:
        """See :meth:`PixelNorm.divisor`."""
        root = torch.sqrt(mean_square + self.eps)
        return root, root


def _by_rows(x: Tensor) -> bool:
    return x.device.type == 'cpu' and x.ndim == 4 and x.requires_grad and pass_is_ordinary()


class _RowByRow(torch.autograd.Function):
    """See :class:`PixelNorm`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, norm: PixelNorm) -> Tensor:
        ctx.norm = norm
        ctx.save_for_backward(x)
        out = torch.empty_like(x)
        for rows in _chunks(x):
            part = x[:, :, rows]
            torch.div(part, norm.divisor(_mean(part, part))[0], out=out[:, :, rows])
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        if torch.is_grad_enabled():  # it will itself be differentiated
            divisor, share = _pull(ctx.norm, x, grad)
            return grad / divisor - x * share, None
        out = torch.empty_like(x)
        for rows in _chunks(x):
            part, of_part = x[:, :, rows], grad[:, :, rows]
            divisor, share = _pull(ctx.norm, part, of_part)
            torch.div(of_part, divisor, out=out[:, :, rows]).addcmul_(part, share, value=-1)
        return out, None


def _pull(norm: PixelNorm, x: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    """D and s of the gradient at x, g/d − x·s with s = mean(g·x)/(d²·q)."""
    divisor, q = norm.divisor(_mean(x, x))
    return divisor, _mean(grad, x) / (divisor.square() * q)


def _mean(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).mean(1, keepdim=True)


def _chunks(x: Tensor) -> Iterator[slice]:
    step = max(1, _CHUNK // (x.numel() // x.shape[2]))
    return (slice(first, first + step) for first in range(0, x.shape[2], step))
