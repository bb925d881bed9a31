"""JPEG compression, for measurements and for how a restoration fits them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from mmgenprior.damages.jpeg_tables import quality_table
from mmgenprior.degradations.base import DegradationError
from mmgenprior.degradations.pointwise import IdentityInLoss
from mmgenprior.registry import PHYSICS
from mmgenprior.utils.limits import PositiveInt

_BLOCK = 8
# What is subtracted from luminance before the transform.
_SHIFT = 128 / 255
# JFIF: Y, Cb, Cr of R, G, B; Cb and Cr without their offset.
LUMINANCE = (0.299, 0.587, 0.114)
_YCC = (
    LUMINANCE,
    (-0.168736, -0.331264, 0.5),
    (0.5, -0.418688, -0.081312),
)


@PHYSICS.register_module()
class JPEGCompression(IdentityInLoss):
    """What is left of a picture in a JPEG file of a given quality.

    Colours are turned to Y, Cb, Cr (JFIF), Cb and Cr are halved in size where there is
    ``subsampling``, the coefficients of 8×8 cosine blocks are rounded to multiples of the steps of
    ITU-T T.81, annex K, scaled as libjpeg does. Rounding has no gradient; inside a loss the
    identity stands for it, as for :class:`Quantization`. Bytes are not rounded on the way out.

    Args:
        quality: libjpeg's, 1 to 100.
        subsampling: Whether Cb and Cr are halved (4:2:0, what most programs write).
        centre: What was subtracted from the [0, 1] image; set by the adapter.

    Raises:
        DegradationError: If there is no such quality.
    """

    def __init__(self, quality: PositiveInt, subsampling: bool = True, centre: float = 0.0) -> None:
        super().__init__(centre)
        if isinstance(quality, bool) or int(quality) != quality or not 1 <= quality <= 100:
            raise DegradationError(f'JPEGCompression: quality={quality!r} must be from 1 to 100')
        self.quality = int(quality)
        self.subsampling = bool(subsampling)

    def A(self, x: Tensor, **kwargs: Tensor) -> Tensor:
        """Compress and decompress.

        Args:
            x: Images, B×C×H×W with one or three channels, centred.
            **kwargs: Ignored.

        Returns:
            The same shape, centred; without gradient.
        """
        # Rounding must not depend on the precision of who asks.
        image = (x.detach().double() + self.centre).clamp(0, 1)
        return (self._decoded(image) - self.centre).to(x.dtype)

    def _decoded(self, image: Tensor) -> Tensor:
        """A picture B×C×H×W in [0, 1] as it comes out of its file."""
        if image.shape[1] == 1:
            return self._coded(image, _SHIFT, chrominance=False).clamp(0, 1)
        matrix = torch.tensor(_YCC, dtype=torch.float64)
        ycc = torch.einsum('dc,bchw->bdhw', matrix.to(image), image)
        luminance = self._coded(ycc[:, :1], _SHIFT, chrominance=False)
        colours = self._coded(ycc[:, 1:], 0.0, chrominance=True)
        back = torch.linalg.inv(matrix).to(image)
        rgb = torch.einsum('dc,bchw->bdhw', back, torch.cat([luminance, colours], 1))
        return rgb.clamp(0, 1)

    def _coded(self, planes: Tensor, offset: float, chrominance: bool) -> Tensor:
        """Planes B×C×H×W after the rounding of their coefficients."""
        height, width = planes.shape[-2:]
        halved = chrominance and self.subsampling
        block = _BLOCK * (2 if halved else 1)
        below, right = -height % block, -width % block
        planes = F.pad(planes, (0, right, 0, below), mode='replicate')
        if halved:
            planes = F.avg_pool2d(planes, 2)
        # Files are made of bytes; it decides which way a coefficient is rounded.
        planes = (planes * 255).round() / 255
        steps, basis = self._tables(planes, chrominance)
        blocks = (planes - offset).unflatten(3, (-1, _BLOCK)).unflatten(2, (-1, _BLOCK))
        blocks = blocks.transpose(3, 4)  # B×C×rows×columns×8×8
        coefficients = basis @ blocks @ basis.T
        coefficients = (coefficients / steps).round() * steps
        blocks = (basis.T @ coefficients @ basis).transpose(3, 4)
        planes = blocks.flatten(4, 5).flatten(2, 3) + offset
        if halved:  # libjpeg's triangle filter
            planes = F.interpolate(planes, scale_factor=2, mode='bilinear', align_corners=False)
        return planes[..., :height, :width]

    def _tables(self, like: Tensor, chrominance: bool) -> tuple[Tensor, Tensor]:
        """Steps of the coefficients on the scale of [0, 1], and the cosine basis, both 8×8."""

        def build() -> tuple[Tensor, Tensor]:
            steps = torch.tensor(quality_table(self.quality, chrominance), dtype=torch.float64)
            basis = torch.tensor(cosine_basis(_BLOCK), dtype=torch.float64)
            return (steps / 255).to(like), basis.to(like)

        return self.cached((chrominance, like.dtype, like.device), build)


def cosine_basis(size: int) -> Sequence[Sequence[float]]:
    """Orthonormal cosine transform (DCT-II) of ``size`` values, one row a frequency."""
    return [
        [
            math.sqrt((1 if row == 0 else 2) / size)
            * math.cos(math.pi * (2 * column + 1) * row / (2 * size))
            for column in range(size)
        ]
        for row in range(size)
    ]
