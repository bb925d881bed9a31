"""Fusion of the data with a generated picture, pixel by pixel (BIGPrior, Eq. 10 and 14)."""

from __future__ import annotations

from torch import Tensor, nn

from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError

# The network was trained on images minus this.
CENTRE = 0.5
# A grey picture may have gone through JPEG, whose three channels then differ by rounding.
_GREY = 2.5 / 255


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


def check_channels(
    phi: nn.Module, data: Tensor, key: str = '', measured: int | None = None
) -> None:
    """See that φ is for measurements of this kind, grey or colour.

    Args:
        phi: Network such as :class:`PhiNetwork`.
        data: g⁻¹(y), B×3×H×W or 3×H×W, on the scale [0, 1].
        key: The sample, for the message.
        measured: Channels of the measurement itself where they are known.

    Raises:
        UserError: If φ sees one channel and those of ``data`` differ, or it sees three and the
            measurement has one.
    """
    network = f"φ of '{phi.source}'" if getattr(phi, 'source', None) else 'φ'
    where = f"the measurement '{key}'" if key else 'the measurement'
    if phi.in_channels == 1 and measured != 1:
        # One channel copied needs no look, which on a GPU would wait for it.
        spread = data.amax(-3) - data.amin(-3)
        if (spread > _GREY).any():
            raise UserError(
                f'{network} is for grey measurements (in_channels=1), and {where} is in colour: '
                'give a φ with in_channels=3 (MGP_PHI_CHECKPOINT), or grey measurements'
            )
    if phi.in_channels != 1 and measured == 1:
        raise UserError(
            f'{network} is for colour (in_channels={phi.in_channels}), and {where} is grey: '
            'give a φ with in_channels=1 (MGP_PHI_CHECKPOINT), or store a measurement that only '
            'happens to be grey with three channels'
        )


def mix(weight: Tensor, data: Tensor, generated: Tensor) -> Tensor:
    """(1 − φ) ⊙ data + φ ⊙ generated, B×3×H×W; ``data`` may have one channel."""
    return (1 - weight) * data + weight * generated


def weigh_and_fuse(
    phi: nn.Module, data: Tensor, generated: Tensor, parity: bool = False
) -> tuple[Tensor, Tensor]:
    """x̂ = (1 − φ) ⊙ g⁻¹(y) + φ ⊙ G(z*).

    Args:
        phi: Network such as :class:`PhiNetwork`; one with a single input channel sees the first
            channel of ``data``, all being equal in colorization.
        data: g⁻¹(y), B×3×H×W, RGB on the scale [0, 1].
        generated: G(z*), alike.
        parity: Fuse images minus 0.5, as the official code does. The same but for the rounding of
            float32, which :class:`mmgenprior.evaluation.ColorizationAuC` can tell.

    Returns:
        x̂ and φ, both B×3×H×W; x̂ is not clamped.
    """
    centred = data - CENTRE, generated - CENTRE
    weight = phi(centred[0][:, : phi.in_channels], centred[1])
    fused = mix(weight, *centred) + CENTRE if parity else mix(weight, data, generated)
    return fused, weight
