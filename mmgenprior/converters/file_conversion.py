"""From file to file: read safely, convert, write atomically."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike

import torch

from mmgenprior.converters.rules import Conversion, State
from mmgenprior.utils.errors import CheckpointError
from mmgenprior.weights.reading import read_checkpoint, select_state
from mmgenprior.weights.resolve import conversion_paths, resolve_checkpoint
from mmgenprior.weights.writing import cast_state, replace_files, state_writer


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
        target: See :func:`mmgenprior.weights.writing.write_state`.
        config_out: File ending in ``.py`` for the config text; None writes none.
        dtype: Precision to store in; None leaves it to the converter: the file's own, and float64
            where PGGAN weights are multiplied by a factor.

    Returns:
        The config text.

    Raises:
        CheckpointError: In one line, if the source cannot be read or is not in the layout,
            or the target cannot be written there.
    """
    path, target, config_out = conversion_paths(source, target, config_out)
    state = read_official(path)
    try:
        conversion = converter(cast_state(state, dtype))
    except CheckpointError as error:
        raise CheckpointError(f"checkpoint '{path}' is {error}") from None
    text = config_text(conversion, target)
    files = [(target, state_writer(cast_state(conversion.state, dtype), target))]
    if config_out is not None:
        files.append((config_out, lambda part: part.write_text(text, encoding='utf-8')))
    replace_files(*files)
    return text
