"""From file to file: read safely, convert, write atomically."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path

import torch

from mmgenprior.converters.rules import Conversion, State
from mmgenprior.priors.checkpoint import CheckpointError, read_checkpoint, select_state
from mmgenprior.utils.paths import check_target
from mmgenprior.utils.weights import conversion_paths, resolve_checkpoint


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


def _replace(*files: tuple[Path, Callable[[Path], object]]) -> None:
    """Write every file beside its target, then rename them: no reader ever sees half a file."""
    parts = [target.with_name(f'.{target.name}.{os.getpid()}.part') for target, _ in files]
    try:
        for part, (target, write) in zip(parts, files):
            with _named(target):
                write(part)
        for part, (target, _) in zip(parts, files):
            with _named(target):
                os.replace(part, target)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def _named(target: Path) -> Iterator[None]:
    """Errors of writing in one line that names the target."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        cause: BaseException | None = error
        # torch.save() closes its archive after a full disk, and raises the failure of that.
        while cause is not None and not isinstance(cause, OSError):
            cause = cause.__context__
        reason = cause.strerror if cause is not None else None
        raise CheckpointError(
            f"target '{target}' cannot be written ({reason or str(error).partition(chr(10))[0]}): "
            'make room, or name a file in a folder that can be written to'
        ) from error


def _save(state: State, part: Path) -> None:
    # Given a path, torch.save() tells no reason.
    with part.open('wb') as file:
        torch.save(state, file)


def _writer(state: State, target: Path) -> Callable[[Path], object]:
    state = {key: value.detach().cpu().contiguous().clone() for key, value in state.items()}
    if target.suffix == '.safetensors':
        from safetensors.torch import save

        # save_file() would make a file that its owner alone can read.
        return lambda part: part.write_bytes(save(state))
    return lambda part: _save(state, part)


def write_state(state: State, target: str | PathLike) -> Path:
    """Write a state dict atomically.

    Args:
        state: Tensors by key.
        target: File ending in ``.safetensors``, ``.pth`` or ``.pt``; replaced if it exists.

    Returns:
        The path written.

    Raises:
        CheckpointError: If the ending is another one, the folder does not exist or is full.
    """
    target = check_target(target)
    _replace((target, _writer(state, target)))
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
    path, target, config_out = conversion_paths(source, target, config_out)
    state = read_official(path)
    try:
        conversion = converter(cast_state(state, dtype))
    except CheckpointError as error:
        raise CheckpointError(f"checkpoint '{path}' is {error}") from None
    text = config_text(conversion, target)
    files = [(target, _writer(cast_state(conversion.state, dtype), target))]
    if config_out is not None:
        files.append((config_out, lambda part: part.write_text(text, encoding='utf-8')))
    _replace(*files)
    return text
