"""Spectral normalisation of frozen networks: computed once, or differentiated through σ."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmagic.models.editors.biggan.biggan_snmodule import SNConv2d, SNEmbedding, SNLinear
from torch import Tensor, nn

from mmgenprior.priors.derived import derived_of


class _FrozenNorm:
    """W / σ(W) of MMagic's layers, kept while W rests (:class:`.derived.Derived`).

    Attributes:
        through_sigma: Whether gradients of a weight that moves go through σ = v Wᵀ uᵀ, as in the
            official BigGAN; u and v come from one power iteration. MMagic takes σ as a constant.
            The values are the same; the gradients of a weight differ by up to 4 %, and a search
            of some steps by more.
    """

    through_sigma = False

    def sn_weight(self) -> Tensor:
        """The normalised weight."""
        if self.training:
            return super().sn_weight()
        compute = self._differentiated if self.through_sigma else super().sn_weight
        return derived_of(self, 'normalised').of(self, ('weight', 'u0'), compute)

    def _differentiated(self) -> Tensor:
        matrix = self.weight.flatten(1)
        if self.transpose:
            matrix = matrix.t()
        with torch.no_grad():
            v = F.normalize(self.u0 @ matrix, eps=self.eps)
            u = F.normalize(v @ matrix.t(), eps=self.eps)
        return self.weight / torch.squeeze(v @ matrix.t() @ u.t())


class FrozenSNConv2d(_FrozenNorm, SNConv2d):
    """A convolution under :class:`_FrozenNorm`."""


class FrozenSNLinear(_FrozenNorm, SNLinear):
    """A linear layer under :class:`_FrozenNorm`."""


class FrozenSNEmbedding(_FrozenNorm, SNEmbedding):
    """A table under :class:`_FrozenNorm`."""


_TWINS = {SNConv2d: FrozenSNConv2d, SNLinear: FrozenSNLinear, SNEmbedding: FrozenSNEmbedding}


def freeze_spectral_norm(network: nn.Module) -> list[nn.Module]:
    """Let a network compute the spectral norms of weights that rest once.

    Layers of ``sn_style='torch'`` stay as they are; PyTorch's own keep gradients through σ.

    Args:
        network: A BigGAN of MMagic or its discriminator, changed in place; its keys stay.

    Returns:
        The layers.
    """
    found = []
    for module in network.modules():
        if type(module) in _TWINS and module.num_svs == 1 and module.num_iters == 1:
            module.__class__ = _TWINS[type(module)]
        if isinstance(module, _FrozenNorm):
            found.append(module)
    return found


def differentiate_spectral_norm(network: nn.Module) -> int:
    """Let the gradients of a network's layers go through σ; otherwise as the above.

    Args:
        network: A BigGAN of MMagic in eval mode, changed in place; its keys stay.

    Returns:
        The number of layers.
    """
    layers = freeze_spectral_norm(network)
    for layer in layers:
        layer.through_sigma = True
    return len(layers)
