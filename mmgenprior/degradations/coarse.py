"""What a measurement tells of the coarse content of an image: how loudly, and where."""

from __future__ import annotations

import torch
from torch import Tensor

from mmgenprior.degradations.degradation import Degradation
from mmgenprior.images import gaussian_blur


@torch.no_grad()
def flat_gain(degradation: Degradation, y: Tensor) -> Tensor:
    """Mean square of what a flat image of 1 is measured as.

    Args:
        degradation: Bound to B samples.
        y: Measurements, B×....

    Returns:
        (B,), float64, over the numbers that the image has a part in.
    """
    flat = y.new_full((len(y), *degradation.image_shape), degradation.centre)
    seen = degradation.predict(flat + 1).double()
    return degradation.misfit(seen, degradation.predict(flat)).clamp(min=1e-12)


def _signs(shape: tuple[int, ...], generator: torch.Generator, like: Tensor) -> Tensor:
    return (torch.randint(0, 2, (1, *shape), generator=generator) * 2 - 1).to(like)


@torch.no_grad()
def detail_gain(
    degradation: Degradation, y: Tensor, generator: torch.Generator, probes: int = 4
) -> Tensor:
    """How loudly single pixels are measured: (‖A‖_F² / √(m n))^½.

    1 for noise alone, 1/9 for a uniform blur of 9×9, 1/8 for averages of 4×4. The Frobenius norm is
    estimated as the mean of ‖A v‖² over random signs v (Hutchinson 1990).

    Args:
        degradation: Linear, bound to B samples.
        y: Measurements, B×....
        generator: CPU generator of the signs.
        probes: Number of random images.

    Returns:
        (B,), float64.
    """
    shape = degradation.image_shape
    observed = degradation.observed(y)
    seen = y.new_ones(y.shape) if observed is None else observed.expand_as(y)
    squares = torch.zeros(len(y), dtype=torch.float64, device=y.device)
    for _ in range(probes):
        signs = _signs(shape, generator, y)
        measured = degradation.predict(signs.expand(len(y), *shape) + degradation.centre)
        squares += (measured * seen).square().flatten(1).sum(1, dtype=torch.float64) / probes
    count = seen.flatten(1).sum(1, dtype=torch.float64).clamp(min=1)
    return (squares / (count * signs.numel()).sqrt()).sqrt()


@torch.no_grad()
def coarse_share(
    degradation: Degradation,
    like: Tensor,
    generator: torch.Generator,
    width: float = 0.05,
    probes: int = 16,
) -> Tensor:
    """How much of an image's local average the measurement determines.

    diag(g A†A gᵀ) / diag(g gᵀ) with g a Gaussian blur: 1 for ×4 super-resolution of small detail,
    which :meth:`Degradation.undetermined` cannot tell from a hole (it leaves 15/16 of every pixel
    open, but no average); 0 in the middle of a hole; 1/3 where only luminance is known. Estimated
    as the mean of (g A†A v)² over random signs v (Hutchinson 1990), for A†A is a projection.

    Args:
        degradation: Bound to B samples, with a pseudo-inverse.
        like: Tells dtype and device.
        generator: CPU generator of the signs.
        width: Standard deviation of g as a share of the shorter side.
        probes: Number of random images.

    Returns:
        B×1×H×W in [0, 1]; B = 1 unless the samples have parameters of their own.

    Raises:
        DegradationError: If there is no pseudo-inverse.
    """
    shape = degradation.image_shape
    side = width * min(shape[1:])
    measured = norm = 0.0
    for _ in range(probes):
        signs = _signs(shape, generator, like)
        seen = degradation.pseudo_inverse(degradation.forward_operator(signs + degradation.centre))
        seen = gaussian_blur(seen - degradation.centre, side)
        measured = measured + seen.square().mean(1, keepdim=True)
        norm = norm + gaussian_blur(signs, side).square().mean(1, keepdim=True)
    # Both again over the neighbourhood: as many more probes.
    return (gaussian_blur(measured, side) / gaussian_blur(norm, side).clamp(min=1e-12)).clamp(0, 1)
