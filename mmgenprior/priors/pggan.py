"""PGGAN as a prior."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmagic.registry import MODELS
from torch import nn

from mmgenprior.priors.base import Group, Prior
from mmgenprior.priors.cut import Cut
from mmgenprior.priors.pixel_norm import OfficialPixelNorm, PixelNorm
from mmgenprior.utils.errors import UserError


def _normalize_latent(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple:
    return (OfficialPixelNorm()(inputs[0]), *inputs[1:])


def use_pixel_norm(generator: nn.Module, official: bool) -> None:
    """Give one ``PGGANGenerator`` our pixel norm in place of MMagic's.

    Its keys stay as they are; other generators are not touched.

    Args:
        generator: Changed in place; a second call changes nothing.
        official: Whether it becomes x / √(mean x² + 1e-8); else it stays x / (rms + 1e-6).
    """
    for parent in list(generator.modules()):
        for name, child in list(parent.named_children()):
            if type(child).__name__ == 'PixelNorm':
                setattr(parent, name, OfficialPixelNorm() if official else PixelNorm(child.eps))
    first = generator.noise2feat
    if official and first.normalize_latent:
        # MMagic normalises the latent by a function inside forward, not by a layer.
        first.normalize_latent = False
        first.register_forward_pre_hook(_normalize_latent)


@contextmanager
def _without_norm(block: nn.Module) -> Iterator[None]:
    """Run a block without the norm at its end."""
    block.with_norm = False
    try:
        yield
    finally:
        block.with_norm = True


@MODELS.register_module()
class PGGANPrior(Prior):
    """MMagic's ``PGGANGenerator`` at its full resolution (Karras et al., 2018).

    Blocks: ``noise2feat``, ``conv_blocks.0`` … ``conv_blocks.N``, ``torgb``.
    Apart: ``torgb_lower``, the output layers of the lower resolutions, which
    do not change the image. It is cut before the pixel norm that ends a block of MMagic's, as the
    official blocks, which begin with it, are: composed features are normalised.

    Args:
        generator: Config or module, see :class:`Prior`.
        pixel_norm: ``'mmagic'``: x / (rms + 1e-6), what MMagic's own weights were trained
            with, or ``'official'``: x / √(mean x² + 1e-8), for converted weights. A module
            given as ``generator`` is changed in place by the latter.
        **kwargs: See :class:`Prior`.

    Raises:
        UserError: If ``pixel_norm`` has no such value.
    """

    generator_types = ('PGGANGenerator',)

    def __init__(
        self, generator: dict | nn.Module, pixel_norm: str = 'mmagic', **kwargs: Any
    ) -> None:
        if pixel_norm not in ('mmagic', 'official'):
            raise UserError(f"pixel_norm='{pixel_norm}' is unknown: use 'mmagic' or 'official'")
        super().__init__(generator, **kwargs)
        self.pixel_norm = pixel_norm
        use_pixel_norm(self.generator, official=pixel_norm == 'official')

    @property
    def image_size(self) -> int:
        """Side of the square image in pixels."""
        return self.generator.out_scale

    def _layout(self) -> tuple[list[Group], list[Group]]:
        convs = [f'conv_blocks.{i}' for i in range(len(self.generator.conv_blocks))]
        last = len(self.generator.torgb_layers) - 1
        blocks = [(name, [name]) for name in ['noise2feat', *convs]]
        blocks.append(('torgb', [f'torgb_layers.{last}']))
        lower = [f'torgb_layers.{i}' for i in range(last)]
        return blocks, [('torgb_lower', lower)] if lower else []

    def _run_block(self, index: int, cut: Cut) -> Cut:
        net = self.generator
        chain = [net.noise2feat, *net.conv_blocks]
        x = cut.features if index == 0 else chain[index - 1].norm(cut.features)
        rest = dict(cut.rest)
        if index == len(chain) - 2 and index > 0:
            rest['lower'] = net.upsample_layer(net.torgb_layers[-2](x))
        if index < len(chain):
            with _without_norm(chain[index]):
                return Cut(chain[index](x), rest)
        image = net.torgb_layers[-1](x)
        # The lower resolution cancels, but the stock generator rounds it in.
        return Cut(rest['lower'] + (image - rest['lower']) if 'lower' in rest else image)
