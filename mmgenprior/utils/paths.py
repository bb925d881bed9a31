"""Paths that a user names, expanded and checked. Needs neither torch nor MMagic."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from mmgenprior.utils.errors import UserError


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
