"""BigGAN's residual blocks with less arithmetic."""

from __future__ import annotations

from mmagic.models.editors.biggan.biggan_modules import BigGANDiscResBlock, BigGANGenResBlock
from torch import Tensor, nn

from mmgenprior.priors.folded_convolution import (
    is_worthwhile,
    pooled_convolution,
    upsampled_convolution,
)

_NEAREST = dict(type='nearest', scale_factor=2)


class LeanGenResBlock(BigGANGenResBlock):
    """A generator's block whose shortcut is convolved before it is doubled, and the rest folded.

    A convolution of 1×1 commutes with a change of size, and costs a quarter on the smaller map. The
    function is the same, its rounding is not; see :mod:`.folded_convolution`.
    """

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """As the stock block: B×C×H×W maps, and the condition y."""
        if self.upsample_cfg != _NEAREST or not is_worthwhile(x, self.conv1.conv):
            return super().forward(x, y)
        out = self.activation(self.bn1(x, y))
        out = upsampled_convolution(out, self.conv1.conv)
        out = self.conv2(self.activation(self.bn2(out, y)))
        return out + self.upsample_layer(self.shortcut(x))


class LeanDiscResBlock(BigGANDiscResBlock):
    """The same of a discriminator's block, which halves."""

    def forward(self, x: Tensor) -> Tensor:
        """As the stock block: B×C×H×W maps."""
        if not self.with_downsample or not is_worthwhile(x, self.conv2.conv):
            return super().forward(x)
        # An activation in place changes what the shortcut sees, here as there.
        out = self.activation(self.conv1(x if self.is_head_block else self.activation(x)))
        out = pooled_convolution(out, self.conv2.conv)
        return out + self.shortcut(self.downsample(x))


_TWINS = {BigGANGenResBlock: LeanGenResBlock, BigGANDiscResBlock: LeanDiscResBlock}


def use_lean_blocks(network: nn.Module) -> None:
    """Give a ``BigGANGenerator`` or its discriminator lean blocks; other networks stay.

    Args:
        network: Changed in place, its keys stay; a second call changes nothing.
    """
    for module in network.modules():
        if type(module) in _TWINS:
            module.__class__ = _TWINS[type(module)]
