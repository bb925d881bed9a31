"""Weights of each sample's own as W + U Vᵀ of low rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmgenprior.inversion.iterate import Tensors
from mmgenprior.utils import sample_generator
from mmgenprior.utils.limits import NonNegativeFloat, PositiveInt

_U, _V = ' u', ' v'


@dataclass(frozen=True)
class LowRank:
    """How a stage adapts weights by deltas of low rank.

    Matrices and convolutions of the stage's blocks are adapted, flattened to out × (in·k·k); biases
    and scales are not.

    Attributes:
        rank: r, at most; a flattened weight with fewer rows or columns has their number.
        lr: Step size of both factors. V is scaled such that the first step of Adam changes weights
            by about as much as a step of this size on the weights themselves.
    """

    rank: PositiveInt
    lr: NonNegativeFloat = 1e-4

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise ValueError(f'rank={self.rank} must be at least 1')
        if not self.lr > 0:
            raise ValueError(f'lr={self.lr} must be a positive step size')


def start_factors(
    prior: nn.Module, names: Sequence[str], rank: int, count: int, given: Tensors
) -> tuple[Tensors, list[str]]:
    """Factors of U Vᵀ for the weights ``names`` that have rows and columns.

    U is 0, so that nothing changes at first; V is drawn once per weight, the same for every sample,
    which makes the start independent of batch and seed.

    Args:
        prior: The prior adapter.
        names: Names in ``prior.named_parameters()``.
        rank: r.
        count: Samples.
        given: Factors that an earlier stage ended with, which go on.

    Returns:
        All factors, given ones included, and the names of those of ``names``.

    Raises:
        ValueError: If a weight already has factors of another rank.
    """
    factors, moved = dict(given), []
    table = dict(prior.named_parameters())
    for name in names:
        weight = table[name]
        if weight.dim() < 2:
            continue
        rows = _rows(weight)
        columns = weight.numel() // rows
        own = min(rank, rows, columns)
        u, v = name + _U, name + _V
        if u not in factors:
            stream = sample_generator(0, name, 'low rank')
            drawn = torch.randn(columns, own, generator=stream) / own**0.5
            factors[u] = weight.new_zeros(count, rows, own)
            factors[v] = drawn.to(weight).expand(count, -1, -1).clone()
        elif factors[u].shape[2] != own:
            raise ValueError(
                f'low_rank: rank={rank}, but an earlier stage gave {name} the rank '
                f'{factors[u].shape[2]}; one rank for all stages'
            )
        moved += [u, v]
    return factors, moved


def _rows(weight: Tensor) -> int:
    """Output channels; StyleGAN2 has a dimension of 1 before them."""
    return next((size for size in weight.shape[:-1] if size > 1), 1)


def dense_weights(prior: nn.Module, weights: Tensors, low_rank: Tensors) -> Tensors:
    """The weights W + U Vᵀ that a generator runs with.

    Args:
        prior: Gives W where a sample has none of its own.
        weights: Name → B×... weights of each sample's own.
        low_rank: Factors of :func:`start_factors`.

    Returns:
        Name → B×...; differentiable in weights and factors.
    """
    if not low_rank:
        return weights
    dense = dict(weights)
    # `get_parameter` does not know those of a scripted module.
    table = dict(prior.named_parameters())
    for name in (key.removesuffix(_U) for key in low_rank if key.endswith(_U)):
        delta = low_rank[name + _U] @ low_rank[name + _V].transpose(1, 2)
        shared = table[name].detach()
        own: Tensor = dense.get(name, shared)
        dense[name] = own + delta.view(-1, *shared.shape)
    return dense
