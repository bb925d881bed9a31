"""The network that guesses latents from a measurement."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmgenprior.inversion.starts.encoder_input import CHANNELS
from mmgenprior.priors.latents import LATENT_DISTRIBUTIONS

# A start needs no more detail: pictures are averaged down to this side.
_SIDE = 64
_WIDTHS = (32, 64, 128, 160)
_SMALLEST = 4
_OUT_WIDTH = 64
_GROUPS = 8


class _Residual(nn.Module):
    """Two convolutions beside the identity; normalised per sample, so no sample sees another."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(_GROUPS, width), nn.GroupNorm(_GROUPS, width)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(inner)))


class LatentEncoder(nn.Module):
    """Pictures of measurements to latents and how far off they may be.

    Args:
        latent_shapes: Name → shape of every latent of the prior, without batch dimension.
        image_size: Side of its images in pixels.
        latent: Distribution of ``z``, one of ``LATENT_DISTRIBUTIONS``; it is part of the weights.

    Attributes:
        centre: Mean of the prior's latents, all entries in a row; set by the training.
        scale: Their standard deviation; for a uniform ``z`` half the side of its box.
        kind: Position of ``latent`` in ``LATENT_DISTRIBUTIONS``.
    """

    def __init__(
        self,
        latent_shapes: Mapping[str, tuple[int, ...]],
        image_size: int,
        latent: str = 'normal',
    ) -> None:
        super().__init__()
        self.latent_shapes = {name: tuple(shape) for name, shape in latent_shapes.items()}
        self.side = min(image_size, _SIDE)
        total = sum(math.prod(shape) for shape in self.latent_shapes.values())
        layers: list[nn.Module] = []
        side, width = self.side, CHANNELS
        for wider in _WIDTHS:
            if side > _SMALLEST:
                # At the full side a second pair of convolutions would double the time.
                layers.append(nn.Conv2d(width, wider, 3, stride=2, padding=1))
                layers.append(nn.SiLU() if side == self.side else _Residual(wider))
                side, width = (side + 1) // 2, wider
        layers += [nn.GroupNorm(_GROUPS, width), nn.SiLU(), nn.Conv2d(width, _OUT_WIDTH, 1)]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(_OUT_WIDTH * side * side, 2 * total)
        self.register_buffer('centre', torch.zeros(total))
        self.register_buffer('scale', torch.ones(total))
        self.register_buffer('kind', torch.tensor(LATENT_DISTRIBUTIONS.index(latent)))

    @property
    def latent(self) -> str:
        """The distribution of ``z`` that it was trained for."""
        return LATENT_DISTRIBUTIONS[int(self.kind)]

    def forward(self, picture: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Guess.

        Args:
            picture: B×5×H×W, see
                :func:`mmgenprior.inversion.starts.encoder_input.encoder_input`.

        Returns:
            Name → B×... latents, and the deviation of each of their entries.
        """
        features = self.body(F.adaptive_avg_pool2d(picture, self.side)).flatten(1)
        guess, spread = self.head(F.silu(features)).to(self.scale).chunk(2, dim=1)
        deviation = spread.clamp(-6, 2).exp() * self.scale
        latents = self.unpack(guess * self.scale + self.centre)
        if self.latent == 'uniform' and 'z' in latents:
            box = self.unpack(self.scale[None])['z']
            latents['z'] = box * (self.unpack(guess)['z']).tanh()
        return self.constrain(latents), self.unpack(deviation)

    def pack(self, latents: Mapping[str, Tensor]) -> Tensor:
        """Latents by name to B×d."""
        return torch.cat([latents[name].flatten(1) for name in self.latent_shapes], dim=1)

    def unpack(self, flat: Tensor) -> dict[str, Tensor]:
        """B×d to latents by name."""
        sizes = [math.prod(shape) for shape in self.latent_shapes.values()]
        parts = zip(self.latent_shapes.items(), flat.split(sizes, dim=1))
        return {name: part.unflatten(1, shape) for (name, shape), part in parts}

    def constrain(self, latents: dict[str, Tensor]) -> dict[str, Tensor]:
        """The latents with ``z`` inside its box, or on its sphere."""
        if 'z' not in latents or self.latent == 'normal':
            return latents
        z, scale = latents['z'], self.unpack(self.scale[None])['z']
        if self.latent == 'uniform':
            return {**latents, 'z': torch.minimum(torch.maximum(z, -scale), scale)}
        unit = F.normalize((z / scale).flatten(1)).view_as(z)
        return {**latents, 'z': unit * scale * math.sqrt(z[0].numel())}
