"""A ``.safetensors`` file whose bytes are a function of its tensors alone.

A catalogue pins the SHA-256 of a file that is made on the user's machine, so the order of the
tensors, the header and the padding may not depend on the release of a library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import torch

from mmgenprior.utils.errors import CheckpointError

_NAMES = {
    torch.float64: 'F64',
    torch.float32: 'F32',
    torch.float16: 'F16',
    torch.bfloat16: 'BF16',
    torch.int64: 'I64',
    torch.int32: 'I32',
    torch.int16: 'I16',
    torch.int8: 'I8',
    torch.uint8: 'U8',
    torch.bool: 'BOOL',
}
_ALIGNMENT = 8


def canonical_bytes(state: Mapping[str, torch.Tensor]) -> bytes:
    """Content of the file: the widest numbers first, then by name; a header without blanks.

    Args:
        state: Tensors by key.

    Raises:
        CheckpointError: If a tensor has a type that is not written.
    """
    odd = [f'{key} ({value.dtype})' for key, value in state.items() if value.dtype not in _NAMES]
    if odd:
        raise CheckpointError(f'cannot be written: {", ".join(odd)}')
    header, parts, start = {}, [], 0
    for key in sorted(state, key=lambda key: (-state[key].element_size(), key)):
        tensor = state[key].detach().cpu().contiguous()
        data = tensor.reshape(-1).view(torch.uint8).numpy().tobytes()
        offsets = [start, start + len(data)]
        header[key] = dict(
            dtype=_NAMES[tensor.dtype], shape=list(tensor.shape), data_offsets=offsets
        )
        parts.append(data)
        start += len(data)
    text = json.dumps(header, separators=(',', ':'), ensure_ascii=False).encode()
    text += b' ' * (-len(text) % _ALIGNMENT)
    return b''.join([len(text).to_bytes(8, 'little'), text, *parts])
