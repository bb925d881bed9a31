"""The network that weighs a generative prior against the data, pixel by pixel."""

from __future__ import annotations

from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.utils.errors import UserError


@MODELS.register_module()
class PhiNetwork(nn.Module):
    """φ of BIGPrior (El Helou and Süsstrunk, 2022) with its DnCNN backbone.

    φ = x − net(x) without a sigmoid, as the published weights were trained: values leave
    [0, 1] somewhat. net is DnCNN (Zhang et al., 2017): 3×3 convolutions without bias, batch
    norm and ReLU between the first and the last. φ weighs the generator's image g against the
    data: x̂ = (1 − φ) x + φ g.

    Args:
        in_channels: 1 for luminance, which is broadcast to three, or 3.
        channels: Width of the hidden layers.
        depth: Number of convolutions, at least 2.

    Raises:
        UserError: If ``in_channels`` or ``depth`` has no such value.
    """

    def __init__(self, in_channels: int = 3, channels: int = 64, depth: int = 17) -> None:
        super().__init__()
        if in_channels not in (1, 3):
            raise UserError(f'in_channels={in_channels}: use 1 (luminance) or 3 (colour)')
        if depth < 2:
            raise UserError(f'depth={depth}: PhiNetwork needs at least 2 convolutions')
        self.in_channels = in_channels

        def conv(a: int, b: int) -> nn.Conv2d:
            return nn.Conv2d(a, b, 3, padding=1, bias=False)

        layers = [conv(in_channels, channels), nn.ReLU()]
        for _ in range(depth - 2):
            layers += [conv(channels, channels), nn.BatchNorm2d(channels), nn.ReLU()]
        self.layers = nn.Sequential(*layers, conv(channels, 3))

    def forward(self, degraded: Tensor) -> Tensor:
        """Weigh the prior.

        Args:
            degraded: B×in_channels×H×W, RGB or luminance in [0, 1] minus 0.5.

        Returns:
            φ, B×3×H×W, about 0 where the data are trusted and 1 where the prior is.
        """
        return degraded - self.layers(degraded)
