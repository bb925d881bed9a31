"""Whether what a weight file held is plain numbers, and no more than the file has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from mmgenprior.utils.errors import CheckpointError
from mmgenprior.weights.inspection import allowed_bytes, bytes_text


def check_tensors(content: Any, path: Path) -> None:
    """See that tensors hold numbers, no more of them than the file has.

    Args:
        content: What a file held, dictionaries and lists within one another.
        path: The file, for its size and the message.

    Raises:
        CheckpointError: Naming a tensor without numbers (of the meta device), of another layout
            (sparse, quantized, nested), or one that repeats few numbers until they fill gigabytes.
    """
    promised = 0
    for name, tensor in _tensors(content, ''):
        kind = _kind(tensor)
        if kind is not None:
            raise CheckpointError(
                f"checkpoint '{path}' refused: '{name}' is {kind}; store plain, dense tensors"
            )
        promised += tensor.numel() * tensor.element_size()
    held = path.stat().st_size
    if promised > allowed_bytes(held):
        raise CheckpointError(
            f"checkpoint '{path}' refused: its tensors would take {bytes_text(promised)}, the file "
            f'holds {bytes_text(held)}: tensors that were expanded; store contiguous() ones'
        )


def _kind(tensor: torch.Tensor) -> str | None:
    if tensor.is_meta:
        return 'on the meta device, without numbers'
    if tensor.is_quantized:
        return 'quantized'
    if tensor.is_nested:
        return 'nested'
    if tensor.layout is not torch.strided:
        return f'of the layout {str(tensor.layout).removeprefix("torch.")}'
    return None


def _tensors(value: Any, name: str) -> Iterator[tuple[str, torch.Tensor]]:
    """Every tensor by its dotted name; each container once, however often it is named."""
    seen: set[int] = set()
    rest = [(name, value)]
    while rest:
        name, value = rest.pop()
        if isinstance(value, torch.Tensor):
            yield name, value
            continue
        if id(value) in seen:
            continue
        if isinstance(value, Mapping):
            seen.add(id(value))
            rest += [(f'{name}.{key}' if name else str(key), item) for key, item in value.items()]
        elif isinstance(value, (list, tuple)):
            seen.add(id(value))
            rest += [(f'{name}.{index}', item) for index, item in enumerate(value)]
