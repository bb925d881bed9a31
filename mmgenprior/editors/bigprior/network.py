"""The network that weighs a generated picture against the data, pixel by pixel."""

from __future__ import annotations

import torch
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.utils.errors import UserError

# Standard deviation and bound of the official start of the batch norms' scales.
_NORM_STD = (2 / 9 / 64) ** 0.5
_NORM_BOUND = 0.025


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
        sees_prior: net also sees the generator's image, three more channels; the skip connection
            stays that of the data.
        bounded: φ = sigmoid(x − net(x)), inside [0, 1]. The state dict tells it (``is_bounded``);
            published files and older ones do not, and load all the same.

    Attributes:
        source: File that the weights come from, for messages, or None.

    Raises:
        UserError: If ``in_channels`` or ``depth`` has no such value, or weights are loaded that
            were trained with the other value of ``bounded``.
    """

    def __init__(
        self,
        in_channels: int = 3,
        channels: int = 64,
        depth: int = 17,
        sees_prior: bool = False,
        bounded: bool = False,
    ) -> None:
        super().__init__()
        if in_channels not in (1, 3):
            raise UserError(f'in_channels={in_channels}: use 1 (luminance) or 3 (colour)')
        if depth < 2:
            raise UserError(f'depth={depth}: PhiNetwork needs at least 2 convolutions')
        self.in_channels = in_channels
        self.sees_prior = sees_prior
        self.bounded = bounded
        self.source: str | None = None
        self.register_buffer('is_bounded', torch.tensor(bool(bounded)))

        def conv(a: int, b: int) -> nn.Conv2d:
            return nn.Conv2d(a, b, 3, padding=1, bias=False)

        layers = [conv(in_channels + 3 * sees_prior, channels), nn.ReLU()]
        for _ in range(depth - 2):
            layers += [conv(channels, channels), nn.BatchNorm2d(channels), nn.ReLU()]
        self.layers = nn.Sequential(*layers, conv(channels, 3))

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args) -> None:
        # Called by PyTorch and by MMEngine's own loader alike.
        name = f'{prefix}is_bounded'
        trained = bool(state_dict.setdefault(name, torch.tensor(self.bounded)))
        if trained != self.bounded:
            raise UserError(
                f'φ was trained with bounded={trained}, and the config has bounded={self.bounded}: '
                f'set model.phi.bounded={trained}, or leave it out where a checkpoint is given'
            )
        super()._load_from_state_dict(state_dict, prefix, *args)

    def init_weights(self) -> None:
        """Draw the weights as the official training does.

        Convolutions by Kaiming's rule for the fan-in, scales of the batch norms from
        N(0, 2 / (9 · 64)) cut at ±0.025, their shifts 0.
        """
        for module in self.layers:
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=0, mode='fan_in')
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.weight, 0, _NORM_STD)
                module.weight.data.clamp_(-_NORM_BOUND, _NORM_BOUND)
                nn.init.zeros_(module.bias)

    def forward(self, degraded: Tensor, generated: Tensor | None = None) -> Tensor:
        """Weigh the generated picture.

        Args:
            degraded: B×in_channels×H×W, RGB or luminance in [0, 1] minus 0.5.
            generated: G(z*), B×3×H×W, RGB in [0, 1] minus 0.5; read by a network that
                ``sees_prior``.

        Returns:
            φ, B×3×H×W, about 0 where the data are trusted and 1 where the generated picture is.
        """
        seen = torch.cat([degraded, generated], 1) if self.sees_prior else degraded
        phi = degraded - self.layers(seen)
        return phi.sigmoid() if self.bounded else phi
