"""Features of a network that was never trained, for when no trained one can be had."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmgenprior.utils.seeding import sample_generator

CHANNELS = (24, 48, 96, 96)
PROJECTED = 64


class RandomFeatures(nn.Module):
    """Rectified convolutions with random orthogonal kernels, always the same ones.

    The Fréchet distance of these features is **not** the FID and its numbers cannot be compared
    with published ones. It ranks generators of one family: for pictures that are no ImageNet
    photographs, features of a random network are no worse a judge than Inception's (Naeem et al.,
    "Reliable fidelity and diversity metrics for generative models", 2020, who propose them for such
    data). On toy faces it grows with blur, noise, shift, missing classes and repetition, and weighs
    brightness and contrast most. It needs no file, and some 2 ms a picture.

    Four blocks of a 3×3 convolution, a rectification and an average over 2×2. The features are

    * per block the mean of each channel over the picture (264 in all): sharpness, texture and
      noise at four scales;
    * a random projection of the last block's map to 64 numbers: what is where.

    The pictures are brought to 64×64 by averages over areas. Kernels are drawn on the CPU and
    orthogonalised in float64, so that they are the same everywhere to the last digits of float32.

    Args:
        seed: Seed of the kernels; distances of different seeds cannot be compared.
    """

    side = 64

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        inputs = 3
        for i, outputs in enumerate(CHANNELS):
            self.register_buffer(f'kernel{i}', _kernel(seed, i, outputs, inputs))
            inputs = outputs
        cells = (self.side >> len(CHANNELS)) ** 2
        projection = _orthogonal(seed, 'projection', PROJECTED, inputs * cells)
        self.register_buffer('projection', projection)

    def forward(self, pictures: Tensor) -> Tensor:
        """Features.

        Args:
            pictures: uint8 B×3×H×W, RGB.

        Returns:
            float32 B×328.
        """
        x = pictures.float() / 127.5 - 1
        x = F.interpolate(x, size=(self.side, self.side), mode='area')
        features = []
        for i in range(len(CHANNELS)):
            x = F.conv2d(F.pad(x, (1, 1, 1, 1), mode='replicate'), getattr(self, f'kernel{i}'))
            x = x.relu()
            features.append(x.mean((2, 3)))
            x = F.avg_pool2d(x, 2)
        return torch.cat([*features, x.flatten(1) @ self.projection.T], dim=1)


def _orthogonal(seed: int, name: object, rows: int, columns: int) -> Tensor:
    generator = sample_generator(seed, 'random features', name)
    normal = torch.randn(max(rows, columns), min(rows, columns), generator=generator).double()
    q, r = torch.linalg.qr(normal)
    q = q * r.diagonal().sign()
    return (q if rows >= columns else q.T).float()


def _kernel(seed: int, name: object, outputs: int, inputs: int) -> Tensor:
    # √2 for the half that the rectification takes away, √(columns / rows) to keep the variance.
    gain = (2 * max(inputs * 9 / outputs, 1)) ** 0.5
    return gain * _orthogonal(seed, name, outputs, inputs * 9).view(outputs, inputs, 3, 3)
