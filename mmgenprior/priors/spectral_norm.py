"""Spectral normalisation whose gradient goes through σ, as in the official BigGAN."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmagic.models.editors.biggan.biggan_snmodule import SNConv2d, SNEmbedding, SNLinear
from torch import Tensor, nn


class _DifferentiatedNorm:
    """W / σ(W) with σ = v Wᵀ uᵀ differentiated in W; u and v come from one power iteration.

    MMagic computes σ without gradient. The values are the same; the gradients of a weight
    differ by up to 4 %, and a search of some steps by more.
    """

    def sn_weight(self) -> Tensor:
        """The normalised weight."""
        matrix = self.weight.flatten(1)
        if self.transpose:
            matrix = matrix.t()
        with torch.no_grad():
            v = F.normalize(self.u0 @ matrix, eps=self.eps)
            u = F.normalize(v @ matrix.t(), eps=self.eps)
        return self.weight / torch.squeeze(v @ matrix.t() @ u.t())


class DifferentiatedSNConv2d(_DifferentiatedNorm, SNConv2d):
    """A convolution under :class:`_DifferentiatedNorm`, in eval mode."""


class DifferentiatedSNLinear(_DifferentiatedNorm, SNLinear):
    """A linear layer under :class:`_DifferentiatedNorm`, in eval mode."""


class DifferentiatedSNEmbedding(_DifferentiatedNorm, SNEmbedding):
    """A table under :class:`_DifferentiatedNorm`, in eval mode."""


_TWINS = {
    SNConv2d: DifferentiatedSNConv2d,
    SNLinear: DifferentiatedSNLinear,
    SNEmbedding: DifferentiatedSNEmbedding,
}


def differentiate_spectral_norm(network: nn.Module) -> int:
    """Let the gradients of a frozen network's layers go through σ.

    Layers of ``sn_style='torch'`` do so already and stay as they are.

    Args:
        network: A BigGAN of MMagic in eval mode, changed in place; its keys stay.

    Returns:
        The number of layers.
    """
    count = 0
    for module in network.modules():
        if type(module) in _TWINS and module.num_svs == 1 and module.num_iters == 1:
            module.__class__ = _TWINS[type(module)]
            count += 1
    return count
