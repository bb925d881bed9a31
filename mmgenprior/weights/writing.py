"""Writing weight files, so that no reader ever sees half of one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from os import PathLike
from pathlib import Path

import torch

from mmgenprior.utils.errors import CheckpointError
from mmgenprior.utils.paths import check_target

State = Mapping[str, torch.Tensor]


def replace_files(*files: tuple[Path, Callable[[Path], object]]) -> None:
    """Write every file beside its target, then rename them all.

    Args:
        *files: The target, and what writes it to the path that it is given.

    Raises:
        CheckpointError: In one line that names the target, e.g. when the disk is full.
    """
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


def state_writer(state: State, target: Path) -> Callable[[Path], object]:
    """What writes a state dict in the format that the ending of ``target`` names."""
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
    replace_files((target, state_writer(state, target)))
    return target


def cast_state(state: State, dtype: torch.dtype | None) -> State:
    """Real numbers in another precision; None leaves them as they are."""
    if dtype is None:
        return state
    return {k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}
