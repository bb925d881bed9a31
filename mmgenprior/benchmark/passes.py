"""Passes of networks, seen from outside."""

from __future__ import annotations

from typing import Any

from torch import nn


def module_of_block(prior: nn.Module, block: int) -> nn.Module:
    """The module of the last weight of a block of a prior, which runs once in every pass."""
    # An earlier one may be folded with an enlargement, and is then not called itself.
    name = prior.block_names[block][1][-1]
    return prior.get_submodule(name.rpartition('.')[0])


class Passes:
    """Counts the calls of some modules.

    Args:
        modules: What to count.
    """

    def __init__(self, modules: list[nn.Module]) -> None:
        self.calls = 0
        self._hooks = [m.register_forward_hook(self._count) for m in modules]

    def _count(self, *_: Any) -> None:
        self.calls += 1

    def close(self) -> None:
        """Stop counting."""
        for hook in self._hooks:
            hook.remove()
