"""From file to file: read safely, convert, write atomically."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path

import torch

from mmgenprior.converters.rules import Conversion, State
from mmgenprior.priors.checkpoint import (
    CheckpointError,
    read_checkpoint,
    resolve_checkpoint,
    select_state,
)
from mmgenprior.utils.paths import expand

_WEIGHTS = ('.safetensors', '.pth', '.pt')


def read_official(path: str | PathLike) -> dict[str, torch.Tensor]:
    """Read an official checkpoint without running code.

    Args:
        path: ``.safetensors`` or PyTorch file: a state dict, or one under ``state_dict``;
            the ``module.`` that ``DataParallel`` puts before every key is taken off.

    Returns:
        State dict on the CPU.

    Raises:
        CheckpointError: If the file is missing, unsafe, damaged or holds no state dict.
    """
    path = resolve_checkpoint(path)
    content = read_checkpoint(path)
    try:
        state = select_state(content, '')
    except CheckpointError as error:
        raise CheckpointError(f"checkpoint '{path}': {error}") from None
    if all(key.startswith('module.') for key in state):
        state = {key.removeprefix('module.'): value for key, value in state.items()}
    return state


def _replace(target: Path, write: Callable[[Path], object]) -> None:
    """Write beside the target and rename, so that no reader ever sees half a file."""
    part = target.with_name(f'.{target.name}.{os.getpid()}.part')
    try:
        write(part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def write_state(state: State, target: str | PathLike) -> Path:
    """Write a state dict atomically.

    Args:
        state: Tensors by key.
        target: File ending in ``.safetensors``, ``.pth`` or ``.pt``; replaced if it exists.

    Returns:
        The path written.

    Raises:
        CheckpointError: If the ending is another one or the folder does not exist.
    """
    target = _checked(target)
    state = {key: value.detach().cpu().contiguous().clone() for key, value in state.items()}
    if target.suffix == '.safetensors':
        from safetensors.torch import save

        # save_file() would make a file that its owner alone can read.
        _replace(target, lambda part: part.write_bytes(save(state)))
    else:
        _replace(target, lambda part: torch.save(state, part))
    return target


def _checked(target: str | PathLike, endings: Sequence[str] = _WEIGHTS) -> Path:
    target = expand(target, 'target')
    if target.suffix not in endings:
        raise CheckpointError(f"target '{target}': use a name that ends in {' or '.join(endings)}")
    if not target.absolute().parent.is_dir():
        raise CheckpointError(f"target '{target}': there is no folder '{target.parent}'; make it")
    return target


def _literal(value: object, indent: int = 0) -> str:
    """Python source of a config, one entry per line."""
    if not isinstance(value, dict):
        return repr(value)
    inner = ' ' * (indent + 4)
    entries = [f'{inner}{key}={_literal(item, indent + 4)},\n' for key, item in value.items()]
    return f'dict(\n{"".join(entries)}{" " * indent})'


def config_text(conversion: Conversion, checkpoint: str | PathLike | None = None) -> str:
    """Python source of the config that goes with a conversion.

    Args:
        conversion: What a converter returned.
        checkpoint: File of the weights, named in a prior's config.
    """
    config = dict(conversion.config)
    if conversion.name == 'prior' and checkpoint is not None:
        config['checkpoint'] = str(checkpoint)
    return f'{conversion.name} = {_literal(config)}\n'


def cast_state(state: State, dtype: torch.dtype | None) -> State:
    """Real numbers in another precision; None leaves them as they are."""
    if dtype is None:
        return state
    return {k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}


def convert_file(
    converter: Callable[[State], Conversion],
    source: str | PathLike,
    target: str | PathLike,
    config_out: str | PathLike | None = None,
    dtype: torch.dtype | None = None,
) -> str:
    """Convert one file and write the result atomically.

    Args:
        converter: A converter of this package.
        source: Official checkpoint, see :func:`read_official`.
        target: See :func:`write_state`.
        config_out: File ending in ``.py`` for the config text; None writes none.
        dtype: Precision to store in; None leaves it to the converter: the file's own, and float64
            where PGGAN weights are multiplied by a factor.

    Returns:
        The config text.

    Raises:
        CheckpointError: In one line, if the source cannot be read or is not in the layout,
            or the target cannot be written there.
    """
    target = _checked(target)
    config_out = None if config_out is None else _checked(config_out, ('.py',))
    path = resolve_checkpoint(source)
    if target.exists() and target.samefile(path):
        raise CheckpointError(f"target '{target}' is the source itself: give another name")
    state = read_official(path)
    try:
        conversion = converter(cast_state(state, dtype))
    except CheckpointError as error:
        raise CheckpointError(f"checkpoint '{path}' is {error}") from None
    write_state(cast_state(conversion.state, dtype), target)
    text = config_text(conversion, target)
    if config_out is not None:
        _replace(config_out, lambda part: part.write_text(text, encoding='utf-8'))
    return text
