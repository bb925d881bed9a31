"""Where the search of every sample stands: all that a stage may move."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

Tensors = dict[str, Tensor]

# What an optimiser calls the variables of each kind, apart from weights of the same name.
_PREFIXES = dict(latents='latent ', features='features ', weights='', low_rank='low rank ')


@dataclass
class Iterate:
    """The variables of B samples; each has a leading batch dimension and is a sample's own.

    Attributes:
        latents: Name → latents of the prior. With ``features`` the image does not depend on them.
        features: Name → what the blocks behind the cut of the generator need, in place of what
            the latents give there; see :mod:`mmgenprior.inversion.features`.
        weights: Name → weights that replace the pre-trained ones, and instance statistics.
        low_rank: Name → factors of what is added to weights, see
            :mod:`mmgenprior.inversion.low_rank`.
        cut: Number of blocks before the features; 0 where there are none.
    """

    latents: Tensors
    features: Tensors = field(default_factory=dict)
    weights: Tensors = field(default_factory=dict)
    low_rank: Tensors = field(default_factory=dict)
    cut: int = 0

    def __len__(self) -> int:
        return len(next(iter(self.latents.values())))

    def named(self) -> Tensors:
        """Every variable by the name that optimisers use."""
        return {
            prefix + name: value
            for kind, prefix in _PREFIXES.items()
            for name, value in getattr(self, kind).items()
        }

    def map(self, change: Callable[[str, Tensor], Tensor]) -> Iterate:
        """The iterate with ``change(name, tensor)`` in place of every variable."""
        kinds = {
            kind: {name: change(prefix + name, v) for name, v in getattr(self, kind).items()}
            for kind, prefix in _PREFIXES.items()
        }
        return Iterate(**kinds, cut=self.cut)

    def replaced(self, moved: Tensors) -> Iterate:
        """The iterate with other tensors where ``moved`` names them."""
        return self.map(lambda name, value: moved.get(name, value))

    def detached(self) -> Iterate:
        """The iterate without history."""
        return self.map(lambda _, value: value.detach())

    def cloned(self) -> Iterate:
        """A copy without history."""
        return self.map(lambda _, value: value.detach().clone())

    def where(self, chosen: Tensor, other: Iterate) -> Iterate:
        """This iterate where ``chosen`` (B,) holds, else the other; detached, no host sync."""
        others = other.named()
        return self.map(lambda name, value: select(chosen, value, others[name]))

    def take(self, index: Tensor | slice) -> Iterate:
        """The samples at an index or slice, in that order."""
        return self.map(lambda _, value: value[index])

    @staticmethod
    def join(parts: Sequence[Iterate]) -> Iterate:
        """The iterates of consecutive parts of a batch as one."""
        named = [part.named() for part in parts]
        return parts[0].map(lambda name, _: torch.cat([values[name] for values in named]))


def prefixed(kind: str, name: str) -> str:
    """What an optimiser calls the variable ``name`` of a field of :class:`Iterate`."""
    return _PREFIXES[kind] + name


def select(chosen: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """``new`` where ``chosen`` (B,) holds, else ``old``; detached, no host sync."""
    return torch.where(chosen.view(-1, *[1] * (new.dim() - 1)), new.detach(), old.detach())
