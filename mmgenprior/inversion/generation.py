"""The generator as a function of what a search moves, weights of each sample's own included."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from mmgenprior.inversion.iterate import Iterate, Tensors
from mmgenprior.inversion.low_rank import dense_weights
from mmgenprior.priors.cut import Cut

_FEATURES = 'features'
_IMAGE = 'image'


class _Blocks(nn.Module):
    """Some blocks of a generator, from named tensors to named tensors.

    Args:
        prior: The prior adapter.
        first: Number of the block that comes first; 0 takes latents, others a cut.
        last: Number of the block before which it ends with a cut; None ends with the image.
    """

    def __init__(self, prior: nn.Module, first: int = 0, last: int | None = None) -> None:
        super().__init__()
        self.prior = prior
        self.first = first
        self.last = last

    def forward(self, given: Tensors) -> Tensors:
        """``dict(image=...)``, or ``features`` and the rest of a cut."""
        prior, first, last = self.prior, self.first, self.last
        if first == 0 and last is None:
            return {_IMAGE: prior(given)}
        if first == 0:
            return _named(prior.forward_until(given, last))
        rest = dict(given)
        cut = Cut(rest.pop(_FEATURES), rest)
        if last is None:
            return {_IMAGE: prior.forward_from(cut, first)}
        return _named(prior.forward_between(cut, first, last))


def _named(cut: Cut) -> Tensors:
    return {_FEATURES: cut.features, **cut.rest}


def _with_weights(blocks: _Blocks, given: Tensors, weights: Tensors) -> Tensors:
    """``blocks(given)`` for a batch in which every sample may have weights of its own."""
    if not weights:
        return blocks(given)
    weights = {f'prior.{name}': value for name, value in weights.items()}

    def run_one(own: Tensors, one: Tensors) -> Tensors:
        batch_of_one = {name: value.unsqueeze(0) for name, value in one.items()}
        found = functional_call(blocks, own, (batch_of_one,))
        return {name: value.squeeze(0) for name, value in found.items()}

    count = len(next(iter(weights.values())))
    if count > 1 and not blocks.prior.loops:
        return vmap(run_one)(weights, given)
    if count == 1:  # a view, where indexing would fill a gradient of the full size
        own = {name: value.squeeze(0) for name, value in weights.items()}
        return functional_call(blocks, own, (given,))
    found = [
        run_one({k: v[i] for k, v in weights.items()}, {k: v[i] for k, v in given.items()})
        for i in range(count)
    ]
    return {name: torch.stack([one[name] for one in found]) for name in found[0]}


def generate(prior: nn.Module, latents: Tensors, weights: Tensors) -> Tensor:
    """G(z; θ) for a batch in which every sample may have weights of its own.

    Args:
        prior: The prior adapter.
        latents: Name → B×... latents.
        weights: Name in ``prior.named_parameters()`` → B×... weights that replace
            the pre-trained ones; empty for a shared, frozen generator.

    Returns:
        Images, B×3×H×W.
    """
    return _with_weights(_Blocks(prior), latents, weights)[_IMAGE]


def generate_iterate(prior: nn.Module, iterate: Iterate) -> Tensor:
    """The image of an iterate: from its features if it has some, else from its latents.

    Args:
        prior: The prior adapter.
        iterate: The variables of B samples.

    Returns:
        Images, B×3×H×W.
    """
    weights = dense_weights(prior, iterate.weights, iterate.low_rank)
    if not iterate.cut:
        return generate(prior, iterate.latents, weights)
    return _with_weights(_Blocks(prior, iterate.cut), iterate.features, weights)[_IMAGE]


@torch.no_grad()
def features_at(prior: nn.Module, iterate: Iterate, cut: int) -> Tensors:
    """What the blocks from ``cut`` on need of the blocks before, for this iterate.

    Args:
        prior: The prior adapter, one that can be cut.
        iterate: Latents, or features at this cut or at a shallower one.
        cut: Number of blocks before it.

    Returns:
        ``features`` (B×C×h×w) and what else later blocks read, name → B×....
    """
    if iterate.cut == cut:
        return iterate.features
    weights = dense_weights(prior, iterate.weights, iterate.low_rank)
    given = iterate.features if iterate.cut else iterate.latents
    return _with_weights(_Blocks(prior, iterate.cut, cut), given, weights)
