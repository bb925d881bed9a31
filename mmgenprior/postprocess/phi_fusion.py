"""Fusion of data and prior, pixel by pixel (BIGPrior, Eq. 10 and 14)."""

from __future__ import annotations

from torch import Tensor, nn

from mmgenprior.structures import MeasurementBatch

# The network was trained on images minus this.
CENTRE = 0.5


def data_image(batch: MeasurementBatch) -> Tensor:
    """g⁻¹(y), the measurement as an image of the size to restore.

    The picture of the measurement where it has that size (grey copied to three channels for
    colorization; the identity, noise not clipped, for inpainting and denoising), else the
    pseudo-inverse.

    Args:
        batch: Measurements.

    Returns:
        B×3×H×W, RGB on the scale [0, 1].
    """
    bound = batch.bound()
    if bound.image_like and tuple(batch.y.shape[-2:]) == tuple(batch.image_shape[-2:]):
        return (batch.y + bound.centre).expand(-1, batch.image_shape[0], -1, -1)
    return bound.pseudo_inverse(batch.y)


def weigh_and_fuse(phi: nn.Module, data: Tensor, prior: Tensor) -> tuple[Tensor, Tensor]:
    """x̂ = (1 − φ) ⊙ g⁻¹(y) + φ ⊙ G(z*).

    Args:
        phi: Network such as :class:`PhiNetwork`; one with a single input channel sees the first
            channel of ``data``, all being equal in colorization.
        data: g⁻¹(y), B×3×H×W, RGB on the scale [0, 1].
        prior: G(z*), alike.

    Returns:
        x̂ and φ, both B×3×H×W; x̂ is not clamped.
    """
    weight = phi(data[:, : phi.in_channels] - CENTRE, prior - CENTRE)
    return (1 - weight) * data + weight * prior, weight
