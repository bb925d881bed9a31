"""Networks as they are defined: without what makes their layers cheaper here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mmagic.models.editors.biggan.biggan_modules import BigGANDiscResBlock, BigGANGenResBlock
from mmagic.models.editors.biggan.biggan_snmodule import SNConv2d, SNEmbedding, SNLinear
from mmagic.models.editors.pggan.pggan_modules import PixelNorm as StockPixelNorm
from torch import nn

from mmgenprior.priors.began import BEGANGenerator
from mmgenprior.priors.lean_blocks import LeanDiscResBlock, LeanGenResBlock
from mmgenprior.priors.pixel_norm import PixelNorm
from mmgenprior.priors.spectral_norm import FrozenSNConv2d, FrozenSNEmbedding, FrozenSNLinear

_STOCK = {
    LeanGenResBlock: BigGANGenResBlock,
    LeanDiscResBlock: BigGANDiscResBlock,
    FrozenSNConv2d: SNConv2d,
    FrozenSNLinear: SNLinear,
    FrozenSNEmbedding: SNEmbedding,
    PixelNorm: StockPixelNorm,
}


def use_stock_layers(network: nn.Module) -> dict[nn.Module, type[nn.Module]]:
    """Take from a network what :mod:`mmgenprior.priors` changed of MMagic's layers and BEGAN's.

    Layers whose function MMagic does not have (the official pixel norm, gradients through σ) stay.

    Args:
        network: Changed in place.

    Returns:
        The layers that were changed, and what they were.
    """
    changed: dict[nn.Module, type[nn.Module]] = {}
    for module in network.modules():
        if type(module) in _STOCK and not getattr(module, 'through_sigma', False):
            changed[module] = type(module)
            module.__class__ = _STOCK[type(module)]
        if isinstance(module, BEGANGenerator) and module.folds:
            changed[module] = type(module)
            module.folds = False
    return changed


@contextmanager
def stock_layers(network: nn.Module) -> Iterator[None]:
    """:func:`use_stock_layers` for a while."""
    changed = use_stock_layers(network)
    try:
        yield
    finally:
        for module, kind in changed.items():
            module.__class__ = kind
            if isinstance(module, BEGANGenerator):
                module.folds = True
