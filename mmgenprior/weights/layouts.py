"""Where the converters announce themselves, which are a floor above this package.

A catalogue names the layout that weights are rewritten from; what rewrites them is in
``mmgenprior.converters``, which calls :func:`announce` as it is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mmgenprior.utils.errors import UserError

if TYPE_CHECKING:
    import torch

State = Mapping[str, 'torch.Tensor']
Convert = Callable[[str, State], State]
_announced: list[Convert] = []


def announce(convert: Convert) -> None:
    """Say what rewrites a state dict: name of the layout and state in, state out."""
    _announced[:] = [convert]


def convert_state(layout: str, state: State) -> State:
    """A state dict of a named layout in that of the stock class.

    Raises:
        UserError: If there is no such layout, nothing was announced, or the state is not in it.
    """
    if not _announced:
        raise UserError("weights have to be converted: 'import mmgenprior.converters' first")
    return _announced[0](layout, state)
