"""Safe, strict loading of generator weights.

A file is data, never code: pickles load with ``weights_only=True`` and nothing
else, and every key of the generator must be found with its shape.
"""

from __future__ import annotations

import pickle
import pickletools
import re
from collections.abc import Container, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mmgenprior.utils.errors import CheckpointError
from mmgenprior.utils.names import listed
from mmgenprior.weights.inspection import inspect_file
from mmgenprior.weights.resolve import resolve_checkpoint
from mmgenprior.weights.tensors import check_tensors

# An EMA wrapper keeps the averaged generator as `.module`; the average goes before raw weights.
KNOWN_PREFIXES = ('generator_ema.module.', 'generator_ema.', 'generator.')


def _one_line(error: BaseException) -> str:
    # PyTorch puts the cause behind a paragraph of advice.
    text = str(error).rpartition('WeightsUnpickler error:')[2].strip()
    lines = text.splitlines()
    return f'{type(error).__name__}: {lines[0].strip()[:200]}' if lines else type(error).__name__


def _refused_global(error: BaseException, path: Path) -> str | None:
    """Name of the global that a weights-only load refused, if that is why it failed."""
    found = re.search(r'(?:GLOBAL|Unsupported class)\s+([\w.]+)', str(error))
    if found:
        return found.group(1)
    if not isinstance(error, pickle.UnpicklingError):
        return None
    try:
        named = _named_globals(path.read_bytes())
    except (ValueError, IndexError):  # no pickle at all
        return None
    return next((name for name in named if not name.startswith(('torch.', 'collections.'))), None)


def _named_globals(data: bytes) -> list[str]:
    """Globals that a bare pickle names, read from its opcodes without running them."""
    names, texts = [], []
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name == 'GLOBAL':
            names.append(argument.replace(' ', '.'))
        elif opcode.name == 'STACK_GLOBAL' and len(texts) > 1:
            names.append('.'.join(texts[-2:]))
        elif isinstance(argument, str):
            texts.append(argument)
    return names


def read_checkpoint(path: str | PathLike, map_location: Any = 'cpu') -> dict:
    """Read a ``.safetensors`` or PyTorch weight file without running code.

    Args:
        path: Path of an existing file; the ending ``.safetensors`` selects the
            format, anything else is read by ``torch.load(weights_only=True)``.
        map_location: Device of the tensors of a PyTorch file, as ``torch.load`` takes it.

    Returns:
        What the file holds.

    Raises:
        CheckpointError: If the file needs more than plain data (the refused
            global is named), is damaged, holds no dictionary, or promises more than it holds
            (:mod:`mmgenprior.weights.inspection`), which is told before anything is allocated.
    """
    path = Path(path)
    try:
        kind = inspect_file(path)
        if kind == 'safetensors':
            from safetensors.torch import load_file

            content = load_file(str(path), device='cpu')
        else:
            content = torch.load(path, map_location=map_location, weights_only=True)
    except CheckpointError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise CheckpointError(f"checkpoint '{path}' cannot be read ({reason})") from error
    except Exception as error:  # a damaged pickle can raise anything; the cause stays chained
        name = _refused_global(error, path)
        if name is not None:
            raise CheckpointError(
                f"checkpoint '{path}' refused: it needs the global '{name}', which may run code; "
                'convert it to plain tensors or to .safetensors'
            ) from error
        raise CheckpointError(
            f"checkpoint '{path}' cannot be read ({_one_line(error)}): "
            'the file is damaged, truncated or no weight file; fetch it again'
        ) from error
    if not isinstance(content, Mapping):
        raise CheckpointError(
            f"checkpoint '{path}' holds a {type(content).__name__}, not a state dict"
        )
    check_tensors(content, path)
    return dict(content)


def _strip(state: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {key[len(prefix) :]: value for key, value in state.items() if key.startswith(prefix)}


def select_state(content: Mapping, prefix: str | None = None) -> dict[str, torch.Tensor]:
    """Pick one generator's state dict out of a checkpoint.

    Args:
        content: What :func:`read_checkpoint` returns; a nested ``state_dict``
            is followed.
        prefix: Name of the sub-module to take, e.g. ``'generator_ema'``
            (stored with or without the EMA wrapper's ``.module``) or
            ``'generator'``; ``''`` takes the keys as they are. None takes the
            first of ``generator_ema``, ``generator`` that the file has, else
            the keys as they are.

    Returns:
        State dict with the prefix removed and the EMA counter left out.

    Raises:
        CheckpointError: If there is no tensor, or none under the prefix.
    """
    state = content
    if isinstance(content.get('state_dict'), Mapping):
        state = content['state_dict']
    unnamed = [repr(key) for key in state if not isinstance(key, str)]
    if unnamed:
        raise CheckpointError(
            f'the state dict has keys that are no text: {listed(unnamed)}; '
            'give the state dict of a network'
        )
    odd = [key for key, value in state.items() if not isinstance(value, torch.Tensor)]
    if odd or not state:
        what = f'entries that are no tensors: {listed(odd)}' if odd else 'no tensor'
        raise CheckpointError(f'the state dict has {what}')
    if prefix is None:
        prefix = next((p for p in KNOWN_PREFIXES if any(k.startswith(p) for k in state)), '')
    elif prefix:
        name = prefix.rstrip('.')
        wrapped = f'{name}.module.'
        prefix = wrapped if any(k.startswith(wrapped) for k in state) else f'{name}.'
    picked = _strip(state, prefix)
    if prefix.startswith('generator_ema'):
        picked.pop('steps', None)
    if not picked:
        roots = sorted({key.split('.')[0] for key in state})
        raise CheckpointError(f"no key starts with '{prefix}'; the keys start with {listed(roots)}")
    return picked


def number_faults(
    state: Mapping[str, torch.Tensor], floating: Container[str]
) -> dict[str, list[str]]:
    """Keys whose tensors hold no numbers that a network can compute with, by what is wrong.

    Args:
        state: Weights.
        floating: Keys that need floating-point numbers; a step counter does not.
    """
    return {
        'not finite (nan or inf)': [k for k, v in state.items() if not torch.isfinite(v).all()],
        'no floating-point numbers': [
            f'{k} ({v.dtype})'.replace('torch.', '')
            for k, v in state.items()
            if k in floating and not v.is_floating_point()
        ],
    }


def load_generator(
    generator: nn.Module, path_or_name: str | PathLike, prefix: str | None = None
) -> Path:
    """Load weights into a generator, strictly and in place.

    Args:
        generator: The module to fill.
        path_or_name: See :func:`resolve_checkpoint`.
        prefix: See :func:`select_state`.

    Returns:
        The file that was read.

    Raises:
        CheckpointError: In one line, if the file is missing, unsafe, damaged, or a key
            is missing, unexpected or of another shape, or holds no finite numbers.
    """
    path = resolve_checkpoint(path_or_name)
    content = read_checkpoint(path)
    try:
        state = select_state(content, prefix)
    except CheckpointError as error:
        raise CheckpointError(f"checkpoint '{path}': {error}") from None
    own = generator.state_dict()
    # Older files lack BatchNorm's step counter; PyTorch fills it in, and eval mode ignores it.
    missing = [k for k in own if k not in state and not k.endswith('.num_batches_tracked')]
    unexpected = [k for k in state if k not in own]
    shapes = [
        f'{k} {tuple(v.shape)} instead of {tuple(own[k].shape)}'
        for k, v in state.items()
        if k in own and v.shape != own[k].shape
    ]
    found = {'missing keys': missing, 'unexpected keys': unexpected, 'wrong shapes': shapes}
    found |= number_faults(state, {k for k, v in own.items() if v.is_floating_point()})
    faults = [f'{title}: {listed(names)}' for title, names in found.items() if names]
    if faults:
        raise CheckpointError(
            f"checkpoint '{path}' does not fit {type(generator).__name__}: {'; '.join(faults)}"
        )
    generator.load_state_dict(state, strict=True)
    return path
