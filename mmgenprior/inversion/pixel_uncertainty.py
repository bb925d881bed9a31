"""How sure a restoration is of every pixel: a variance, and intervals that follow from it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmgenprior.degradations import Degradation, flat_gain
from mmgenprior.images import gaussian_blur
from mmgenprior.inversion.iterate import Tensors
from mmgenprior.inversion.optimizers.linearised import jacobian_products
from mmgenprior.inversion.posterior import LaplacePosterior
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils import sample_generator
from mmgenprior.utils.errors import UserError

# Shares of the pixels, in percent, that the intervals shall hold.
LEVELS = (50, 90, 95)


@torch.no_grad()
def pixel_variance(
    prior: nn.Module,
    batch: MeasurementBatch,
    latents: Tensors,
    posterior: LaplacePosterior,
    weights: Tensor | None = None,
    correlation: float | None = None,
    seed: int = 0,
    chunk: int = 64,
) -> Tensor:
    """Variance of every value of the image, given the measurement.

    An image is x = G(z) + e: what the generator draws, and what not, e ~ N(0, s²). Measured as
    y = A x + n with n ~ N(0, σ²), and with A Aᵀ = g·1 on what is measured,

        Var(x | y) = diag(K J P⁻¹ Jᵀ Kᵀ) + s² w·diag(K),    K = 1 − κ A†A,    κ = s²g / (s²g + σ²),
        P = Jᵀ Aᵀ A J / (σ² + τ s²g) + 1

    J = ∂G/∂z at the optimum. The first part is what the measurement leaves open of the latent,
    carried to the pixels; the second what it leaves open of e. κ is 1 without noise: what is
    measured is known. s² is what the residual has beyond the noise, (‖r‖²/(m − γ) − σ²)/g, with γ
    the number of latents that the measurement determines (MacKay 1992, eq. 4.9).

    With τ = w = 1 this is exact for a linear G, normal e and n, and such an A (a mask, the
    identity, orthogonal rows); of others g is the gain of a flat image. But e is not white: the m
    numbers of the residual hang together, and count for m/τ (a generalised posterior, Pauli et al.
    2011); see :func:`correlation_of`. And e is no noise but edges that are not where the generator
    draws them: ``weights``, see :func:`edge_weights`. Both were measured against other choices, see
    docs/posterior.md. An operator without A† lets nothing be taken back: K = 1.

    The products J·(column of P^-½) are forward-mode, ``chunk`` at once; none of them is stored.

    Args:
        prior: The prior adapter; its latents are normal.
        batch: What was measured, B samples.
        latents: The optimum z*, name → B×....
        posterior: Of the latents there, for the same samples, by :class:`.LikelihoodTerm` and
            :class:`.LatentNormTerm`.
        weights: w, B×3×H×W, how e is spread over the image and what of it counts; 1 by default.
        correlation: τ; by default what the residual tells.
        seed: Seed of the run; seeds the random signs that estimate the diagonal of A†A where the
            operator does not know it.
        chunk: Products computed at once; bounds the memory.

    Returns:
        B×3×H×W, in squared units of [0, 1] images.
    """
    bound, y = batch.bound(), batch.y
    image = prior(latents)
    residual = (bound.predict(image) - y).double()
    squares = residual.flatten(1).square()
    size = posterior.factor.shape[1]
    unit = torch.eye(size, dtype=torch.float64, device=y.device)
    precision = posterior.factor @ posterior.factor.mT
    determined = size - torch.cholesky_inverse(posterior.factor).diagonal(dim1=1, dim2=2).sum(1)
    count, noise = _observed(bound, y), bound.noise_level(y).double().square()
    beyond = (squares.sum(1) / (count - determined).clamp(min=1) - noise).clamp(min=0)
    own = beyond / flat_gain(bound, y)

    # The posterior has the noise level of LikelihoodTerm; tau makes it another one.
    tau = correlation_of(residual, bound.observed(y)) if correlation is None else correlation
    level = torch.maximum(squares.mean(1), noise)
    told = torch.maximum(noise + tau * beyond, torch.full_like(noise, 1e-12))
    tempered = (level / told).view(-1, 1, 1) * (precision - unit) + unit
    # P = L Lᵀ, so P⁻¹ = L⁻ᵀ L⁻¹: the columns of L⁻ᵀ, as rows.
    factor = torch.linalg.cholesky(tempered)
    roots = torch.linalg.solve_triangular(factor, unit, upper=False)

    share = torch.zeros_like(noise)
    if bound.has_inverse:
        share = torch.where(noise > 0, beyond / (beyond + noise).clamp(min=1e-300), 1.0)
    share = share.to(image.dtype).view(-1, 1, 1, 1)
    variance = torch.zeros_like(image)
    for part in roots.split(chunk, dim=1):
        products = _products(prior, latents, posterior.optimum, part)
        if bound.has_inverse:
            several = batch.take([i for _ in range(len(products)) for i in range(len(y))]).bound()
            measured = _measured_part(several, products.flatten(0, 1)).view_as(products)
            products = products - share * measured
        variance += products.square().sum(0)
    left = bound.undetermined(y, sample_generator(seed, '', 'pixel variance'))
    left = 1.0 if left is None else 1 - share * (1 - left)
    weights = torch.ones_like(image) if weights is None else weights
    return variance + own.to(image.dtype).view(-1, 1, 1, 1) * weights * left


def correlation_of(residual: Tensor, observed: Tensor | None = None) -> Tensor:
    """τ: how many numbers of a residual count for one, because they hang together.

    The variance of block sums over that of white noise of the same power (Flyvbjerg and Petersen
    1989); blocks of √h × √w pixels over all channels, those of which at least half is observed.

    Args:
        residual: B×C×h×w; what is no picture counts as white.
        observed: Which numbers count, expands to the same shape; all by default.

    Returns:
        (B,), at least 1.
    """
    if residual.dim() != 4:
        return residual.new_ones(len(residual))
    counted = torch.ones_like(residual)
    if observed is not None:
        counted = observed.to(residual).expand_as(residual)
    block = [max(1, round(side**0.5)) for side in residual.shape[-2:]]
    area = block[0] * block[1]
    sums = area * F.avg_pool2d(residual * counted, block).sum(1)
    counts = area * F.avg_pool2d(counted, block).sum(1)
    used = counts >= 0.5 * area * residual.shape[1]
    ratio = torch.where(used, sums.square() / counts.clamp(min=1), 0.0)
    ratio = ratio.sum((1, 2)) / used.sum((1, 2)).clamp(min=1)
    power = (residual * counted).square().sum((1, 2, 3)) / counted.sum((1, 2, 3)).clamp(min=1)
    return (ratio / power.clamp(min=1e-300)).clamp(min=1)


def edge_weights(image: Tensor, share: float = 0.03) -> Tensor:
    """Where a generator errs by drawing an edge beside its place: |∇x|², smoothed.

    An image that is shifted by δ differs by δ·∇x.

    Args:
        image: B×3×H×W.
        share: Mean of the weights: what is left of e² when the generator is adapted to the image.

    Returns:
        B×3×H×W; equal everywhere where the image is flat.
    """
    across, down = image.diff(dim=3).square(), image.diff(dim=2).square()
    energy = F.pad(across, (0, 1)) + F.pad(across, (1, 0))
    energy = energy + F.pad(down, (0, 0, 0, 1)) + F.pad(down, (0, 0, 1, 0))
    deviation = max(image.shape[-2:]) / 64
    energy = gaussian_blur(energy, deviation, 'replicate') + 1e-12
    return share * energy / energy.mean((1, 2, 3), keepdim=True)


def intervals(
    centre: Tensor, variance: Tensor, calibration: float | Sequence[float] = 1.0
) -> dict[int, Tensor]:
    """Intervals that hold the truth of so many pixels in a hundred, where errors are normal.

    Args:
        centre: Images B×3×H×W on [0, 1].
        variance: Of every value, B×3×H×W.
        calibration: Factors of the half widths, one per level of ``LEVELS``, or one for all; see
            docs/posterior.md.

    Returns:
        Level in percent → lower and upper bound, B×2×3×H×W, clamped to [0, 1].
    """
    factors = calibration_factors(calibration)
    centre, deviation = centre.clamp(0, 1), variance.sqrt()
    found = {}
    for level, factor in zip(LEVELS, factors):
        half = factor * normal_quantile(level) * deviation
        found[level] = torch.stack([centre - half, centre + half], dim=1).clamp(0, 1)
    return found


def normal_quantile(level: float) -> float:
    """Deviations on either side of the mean that hold ``level`` percent of a normal variable."""
    return float(torch.special.ndtri(torch.tensor(0.5 + level / 200, dtype=torch.float64)))


def calibration_factors(calibration: float | Sequence[float]) -> tuple[float, ...]:
    """One factor per level.

    Raises:
        UserError: If there is not one positive number, or one for each of ``LEVELS``.
    """
    one = isinstance(calibration, (int, float))
    factors = (float(calibration),) * len(LEVELS) if one else tuple(map(float, calibration))
    if len(factors) != len(LEVELS) or not all(factor > 0 for factor in factors):
        raise UserError(
            f'calibration={calibration!r}: give one positive factor, or one for each of the '
            f'{", ".join(map(str, LEVELS))} % intervals, as mmgenprior calibrate prints them'
        )
    return factors


def _products(prior: nn.Module, latents: Tensors, moved: Tensors, rows: Tensor) -> Tensor:
    """J v for N tangents of each sample, rows B×N×d; N×B×3×H×W."""
    sizes = [value[0].numel() for value in moved.values()]
    at = torch.cat([value.flatten(1) for value in moved.values()], dim=1)

    def image(flat: Tensor) -> Tensor:
        parts = zip(moved.items(), flat.split(sizes, dim=1))
        return prior({**latents, **{name: part.view(v.shape) for (name, v), part in parts}})

    forward_mode = getattr(prior, 'supports_forward_mode', True)
    return jacobian_products(image, at, rows.transpose(0, 1).to(at.dtype), forward_mode)


def _measured_part(bound: Degradation, direction: Tensor) -> Tensor:
    """A†A v: what of a difference of two images the measurement sees."""
    return bound.pseudo_inverse(bound.predict(direction + bound.centre)) - bound.centre


def _observed(bound: Degradation, y: Tensor) -> Tensor:
    """How many numbers of each measurement the image has a part in, (B,), float64."""
    observed = bound.observed(y)
    if observed is None:
        return y.new_full((len(y),), y[0].numel(), dtype=torch.float64)
    return observed.expand_as(y).flatten(1).sum(1).double()
