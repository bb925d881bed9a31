"""What is computed of weights that rest is computed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn


class Derived:
    """A tensor that follows from a layer's weights, kept while they rest.

    Weights rest that want no gradient. Whatever changes them (a checkpoint, another dtype, an
    update in place) is noticed; of weights of a sample's own, which take the place of a layer's,
    nothing is kept.
    """

    def __init__(self) -> None:
        self._kept: tuple[Tensor, tuple, Tensor] | None = None

    def of(self, layer: nn.Module, names: tuple[str, ...], compute: Callable[[], Tensor]) -> Tensor:
        """The tensor, computed at the first call and after a change.

        Args:
            layer: The layer.
            names: Its parameters and buffers that the tensor follows from, a parameter first.
            compute: Computes it.
        """
        sources = [getattr(layer, name) for name in names]
        first = sources[0]
        if not rests(first) or any(source.is_inference() for source in sources):
            return compute()
        state = tuple((s.data_ptr(), s._version, s.dtype, s.device, s.stride()) for s in sources)
        if self._kept is None or self._kept[0] is not first or self._kept[1] != state:
            self._kept = (first, state, compute().detach())
        return self._kept[2]


def rests(weight: Tensor) -> bool:
    """Whether a weight is the layer's own, and frozen."""
    return isinstance(weight, nn.Parameter) and not weight.requires_grad


def derived_of(layer: nn.Module, key: str) -> Derived:
    """The keeper of one derived tensor of a layer, made at the first call."""
    keepers: dict[str, Any] = layer.__dict__.setdefault('_derived', {})
    return keepers.setdefault(key, Derived())
