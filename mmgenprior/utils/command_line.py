"""The command that this process was started with."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence


def same_command(argv: Sequence[str] | None = None) -> str:
    """What a user types to go on with what this process did.

    Args:
        argv: Program and its words; None for those of this process or, where a launcher started
            it, for the command that ``MGP_COMMAND`` tells.

    Returns:
        The command without ``--fresh``, which would start anew.
    """
    if argv is None and os.environ.get('MGP_COMMAND'):
        return shlex.join(_without_fresh(shlex.split(os.environ['MGP_COMMAND'])))
    program, *words = sys.argv if argv is None else argv
    name = os.path.basename(program)
    if name == '__main__.py':
        start = ['python', '-m', os.path.basename(os.path.dirname(program))]
    else:
        start = ['python', program] if name.endswith('.py') else [name]
    return shlex.join([*start, *_without_fresh(words)])


def _without_fresh(words: Sequence[str]) -> list[str]:
    return [w for w in words if not (len(w) > 3 and '--fresh'.startswith(w))]
