"""What the plain loops have in common: one image, and a generator that nobody froze."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

from mmgenprior.benchmark.stock_layers import use_stock_layers
from mmgenprior.degradations import Degradation

Network = TypeVar('Network', bound=nn.Module)


class PlainLoop:
    """A search of one image as the papers' own code has it, one step at a time.

    The operator is ours: the originals' rebuild their filters at every call, which says nothing of
    the search. Nor are the metrics counted that they compute at every step.

    Args:
        degradation: The operator, bound to the one sample.
        y: Its measurement, 1×....
    """

    def __init__(self, degradation: Degradation, y: Tensor) -> None:
        self.degradation = degradation
        self.y = y

    def step(self) -> tuple[Tensor, Tensor]:
        """One step.

        Returns:
            The loss before the update (1,) and the image 1×3×H×W that it was taken of.
        """
        raise TypeError(f'{type(self).__name__} does not define step()')


def unfrozen(network: Network) -> Network:
    """A copy as loading leaves one: stock layers, PyTorch's memory order, gradients of weights."""
    copied = copy.deepcopy(network).to(memory_format=torch.contiguous_format)
    use_stock_layers(copied)
    return copied.requires_grad_(True)


def leaves(latents: dict[str, Tensor]) -> dict[str, Tensor]:
    """Copies of latents that want gradients."""
    return {name: value.detach().clone().requires_grad_(True) for name, value in latents.items()}
