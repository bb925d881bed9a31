"""BEGAN generator and its prior."""

from __future__ import annotations

import math

import torch
from mmagic.registry import MODELS
from mmengine.model import BaseModule
from torch import nn

from mmgenprior.priors.base import Group, Prior
from mmgenprior.priors.cut import Cut
from mmgenprior.priors.folded_convolution import upsampled_convolution
from mmgenprior.utils.errors import UserError


class _Block(nn.Sequential):
    """Layers of one size, and the enlargement behind them, which the next block may do."""

    def forward(
        self, x: torch.Tensor, enlarges: bool = False, ends_small: bool = False
    ) -> torch.Tensor:
        """B×C×h×w maps.

        Args:
            x: Of this block's size, or of the size of the block before.
            enlarges: Whether it is the latter.
            ends_small: Whether to leave out the enlargement at the end.
        """
        first, *others = self
        x = upsampled_convolution(x, first) if enlarges else first(x)
        for layer in others[:-1] if ends_small else others:
            x = layer(x)
        return x


@MODELS.register_module()
class BEGANGenerator(BaseModule):
    """Generator of BEGAN (Berthelot et al., 2017, figure 1), without skip connections.

    A linear layer to an 8×8 map, then blocks of two 3×3 convolutions with ELU
    and nearest-neighbour upsampling by 2, and a last block with the output
    convolution and tanh. Keys: ``embed1``, ``deconv{k}.{0,2}`` and ``.4`` in
    the last block.

    Args:
        out_size: Side of the image: 8 times a power of two; 64 and 128 are the
            published sizes.
        noise_size: Length of the latent code, uniform in [-1, 1].
        channels: Width of every convolution.

    Attributes:
        folds: Whether enlargements are folded into the convolutions behind them
            (:mod:`.folded_convolution`) where that pays.

    Raises:
        UserError: If ``out_size`` is not 8 times a power of two above 1.
    """

    folds = True

    def __init__(self, out_size: int = 64, noise_size: int = 64, channels: int = 64) -> None:
        super().__init__()
        doublings = int(math.log2(out_size / 8)) if out_size >= 16 else 0
        if doublings < 1 or 8 * 2**doublings != out_size:
            raise UserError(f'out_size={out_size}: use 8 times a power of two, e.g. 64 or 128')
        self.out_size = out_size
        self.noise_size = noise_size
        self.channels = channels
        self.num_blocks = doublings + 1
        self.embed1 = nn.Linear(noise_size, channels * 8 * 8)
        for k in range(1, self.num_blocks + 1):
            layers = [self._conv(channels), nn.ELU(), self._conv(channels), nn.ELU()]
            if k < self.num_blocks:
                layers += [nn.Upsample(scale_factor=2, mode='nearest')]
            else:
                layers += [self._conv(3), nn.Tanh()]
            self.add_module(f'deconv{k}', _Block(*layers))

    def _conv(self, out_channels: int) -> nn.Conv2d:
        return nn.Conv2d(self.channels, out_channels, 3, padding=1)

    def forward(self, noise: torch.Tensor) -> torch.Tensor:
        """Latents B×noise_size to RGB images B×3×H×W in [-1, 1]."""
        x = self.embed1(noise).view(-1, self.channels, 8, 8)
        for k in range(1, self.num_blocks + 1):
            small = self.folds and k < self.num_blocks
            x = getattr(self, f'deconv{k}')(x, enlarges=self.folds and k > 1, ends_small=small)
        return x


@MODELS.register_module()
class BEGANPrior(Prior):
    """:class:`BEGANGenerator` as a prior: RGB, latents uniform in [-1, 1].

    Blocks: ``embed1``, ``deconv1`` … ``deconvK``.
    """

    generator_types = ('BEGANGenerator',)
    default_latent = 'uniform'
    prefers_channels_last = True
    default_channel_order = 'rgb'

    @property
    def image_size(self) -> int:
        """Side of the square image in pixels."""
        return self.generator.out_size

    def _layout(self) -> tuple[list[Group], list[Group]]:
        names = ['embed1', *(f'deconv{k}' for k in range(1, self.generator.num_blocks + 1))]
        return [(name, [name]) for name in names], []

    def _run_block(self, index: int, cut: Cut) -> Cut:
        net = self.generator
        if index == 0:
            return Cut(net.embed1(cut.features).view(-1, net.channels, 8, 8))
        return Cut(getattr(net, f'deconv{index}')(cut.features))
