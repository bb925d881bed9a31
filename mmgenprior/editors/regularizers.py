"""Regularisers of the years before deep networks, each a deepinv ``Prior`` with a prox."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from deepinv.optim import L1Prior, Prior
from scipy.fft import dct
from torch import Tensor


class TruncatedNuclearNorm(Prior):
    """Sum of all but the r largest singular values of every colour channel.

    The matrices of Hu et al. 2013 ("LR" in MAP-D's Table 1). Its proximal operator shrinks
    those singular values and leaves the r largest.

    Args:
        rank: r, 0 for the nuclear norm.
    """

    def __init__(self, rank: int = 0) -> None:
        super().__init__()
        self.explicit_prior = True
        self.rank = int(rank)

    def fn(self, x: Tensor, *args, **kwargs) -> Tensor:
        """Value per sample, (B,), of images B×C×H×W."""
        return torch.linalg.svdvals(x)[..., self.rank :].flatten(1).sum(1)

    def prox(self, x: Tensor, *args, gamma: float = 1.0, **kwargs) -> Tensor:
        """Shrink the singular values by ``gamma``; B×C×H×W to the same."""
        u, s, vh = torch.linalg.svd(x, full_matrices=False)
        shrunk = torch.cat([s[..., : self.rank], F.relu(s[..., self.rank :] - gamma)], dim=-1)
        return (u * shrunk.unsqueeze(-2)) @ vh


class SparsePatches(Prior):
    """Sparse coefficients of all overlapping patches in a discrete cosine dictionary.

    The fixed dictionary that Elad and Aharon 2006 compare with. ``prox`` shrinks the
    coefficients of each patch, its mean excepted, and averages the patches that cover a pixel.

    Args:
        size: Side of the patches in pixels.
    """

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        self.explicit_prior = True
        self.size = int(size)
        basis = torch.from_numpy(dct(torch.eye(size).double().numpy(), axis=0, norm='ortho'))
        self.register_buffer('dictionary', torch.kron(basis, basis), persistent=False)
        self.shrink = L1Prior()

    def _analyse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Coefficients (B·C)×P×L and dictionary P×P of images B×C×H×W."""
        dictionary = self.dictionary.to(x)
        return dictionary @ F.unfold(x.flatten(0, 1).unsqueeze(1), self.size), dictionary

    def fn(self, x: Tensor, *args, **kwargs) -> Tensor:
        """Absolute sum of the coefficients per sample, (B,)."""
        codes, _ = self._analyse(x)
        return codes[:, 1:].abs().reshape(len(x), -1).sum(1)

    def prox(self, x: Tensor, *args, gamma: float = 1.0, **kwargs) -> Tensor:
        """Shrink by ``gamma``; B×C×H×W to the same."""
        codes, dictionary = self._analyse(x)
        codes = torch.cat([codes[:, :1], self.shrink.prox(codes[:, 1:], gamma=gamma)], dim=1)
        size = x.shape[-2:]
        total = F.fold(dictionary.T @ codes, size, self.size)
        cover = F.fold(torch.ones_like(codes[:1]), size, self.size)
        return (total / cover).view_as(x)
