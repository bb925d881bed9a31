"""What a measurement looks like to an encoder, whatever was measured."""

from __future__ import annotations

import torch
from torch import Tensor

from mmgenprior.degradations import Degradation

# Pictures vary by about a quarter of full scale about their mean, which weighs them against noise.
_PICTURE_DEVIATION = 0.25
# Well-conditioned operators are inverted by now; in others the noise is not yet amplified.
_STEPS = 4
# Where the operator does not know what it leaves open, a rough guess does.
_PROBES = 4
# Red, green, blue, noise, share left open.
CHANNELS = 5


def filtered_inverse(degradation: Degradation, y: Tensor) -> Tensor:
    """The linear estimate (AᵀA + σ²/τ²·I)⁻¹Aᵀy + c, by four steps of conjugate gradients.

    It is A†y where the operator is well conditioned and there is no noise, and bounded where A†y
    is not, as for a blur with noise.

    Args:
        degradation: Bound to the parameters of the batch.
        y: Measurements, B×..., in centred units.

    Returns:
        Images, B×3×H×W, RGB on the [0, 1] scale, not clamped.

    Raises:
        DegradationError: If the operator has no adjoint.
    """
    centre = degradation.centre
    damping = y.new_zeros(())
    if degradation.sigma is not None:
        damping = (degradation.sigma.to(y) / _PICTURE_DEVIATION).square().view(-1, 1, 1, 1)

    def normal(x: Tensor) -> Tensor:
        seen = degradation.adjoint_image(degradation.predict(x + centre)) - centre
        return seen + damping * x

    def dot(a: Tensor, b: Tensor) -> Tensor:
        return (a * b).flatten(1).sum(1).view(-1, 1, 1, 1)

    residual = degradation.adjoint_image(y) - centre
    x, direction, energy = torch.zeros_like(residual), residual, dot(residual, residual)
    tiny = torch.finfo(y.dtype).tiny
    for _ in range(_STEPS):
        image = normal(direction)
        # A sample that is solved has a residual of zero and stays where it is.
        size = energy / dot(direction, image).clamp(min=tiny)
        x = x + size * direction
        residual = residual - size * image
        last, energy = energy, dot(residual, residual)
        direction = residual + energy / last.clamp(min=tiny) * direction
    return x + centre


def left_open(degradation: Degradation, like: Tensor) -> Tensor:
    """Share of every pixel that the measurement leaves open: 1 in a hole, 0 where it is known.

    Args:
        degradation: Bound to the parameters of the batch.
        like: Tells dtype and device.

    Returns:
        B×1×H×W in [0, 1], B = 1 unless the samples have masks of their own.
    """
    share = degradation.undetermined(like, torch.Generator().manual_seed(0), _PROBES)
    if share is None:  # nobody knows
        share = like.new_zeros(1, *degradation.image_shape)
    return share.mean(1, keepdim=True)


def encoder_input(degradation: Degradation, y: Tensor, share: Tensor | None = None) -> Tensor:
    """Picture, noise and hole of measurements as channels.

    Args:
        degradation: Bound to the parameters of the batch.
        y: Measurements, B×....
        share: Of :func:`left_open`, where it is known already.

    Returns:
        B×5×H×W: red, green and blue of :func:`filtered_inverse` in about [-1, 1], the noise's
        standard deviation times 8, and :func:`left_open`.

    Raises:
        DegradationError: If the operator has no adjoint.
    """
    picture = (filtered_inverse(degradation, y) * 2 - 1).clamp(-3, 3)
    if share is None:
        share = left_open(degradation, picture)
    sigma = y.new_zeros(1) if degradation.sigma is None else degradation.sigma.to(y) * 8
    size = len(y), 1, *picture.shape[2:]
    return torch.cat([picture, sigma.view(-1, 1, 1, 1).expand(size), share.expand(size)], 1)
