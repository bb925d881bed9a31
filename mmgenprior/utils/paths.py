"""Paths that a user names, expanded and checked. Needs neither torch nor MMagic."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from mmgenprior.utils.errors import CheckpointError, UserError

_PACKAGE = Path(__file__).resolve().parents[1]
WEIGHTS = ('.safetensors', '.pth', '.pt')


def expand(path: str | PathLike, what: str) -> Path:
    """A path with ``~`` replaced by the home folder.

    Args:
        path: As a user gave it.
        what: The variable or argument that holds it, for the message.

    Raises:
        UserError: If there is no such home folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise UserError(
            f"{what}: '{path}' is in a home folder that is unknown here: give a path without '~'"
        ) from None


def check_target(
    path: str | PathLike, endings: Sequence[str] = WEIGHTS, what: str = 'target'
) -> Path:
    """The path of a file that is to be written, refused where that cannot work.

    Args:
        path: As a user gave it.
        endings: Those that it may have.
        what: The argument that holds it, for the message.

    Raises:
        CheckpointError: If it is a folder, has another ending or lies in no folder.
    """
    target = expand(path, what)
    if target.is_dir():
        raise CheckpointError(f"{what} '{target}' is a folder: give the name of a file")
    if target.suffix not in endings:
        raise CheckpointError(f"{what} '{target}': use a name that ends in {' or '.join(endings)}")
    if not target.absolute().parent.is_dir():
        raise CheckpointError(f"{what} '{target}': there is no folder '{target.parent}'; make it")
    return target


def config_folders() -> list[Path]:
    """Where this package's configs lie: the clone, or the folder an installed package carries."""
    return [p for p in (_PACKAGE.parent / 'configs', _PACKAGE / '.mim' / 'configs') if p.is_dir()]
