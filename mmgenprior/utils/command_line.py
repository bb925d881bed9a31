"""The command that this process was started with."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence


def same_command(argv: Sequence[str] | None = None) -> str:
    """What a user types to go on with what this process did.

    Args:
        argv: Program and its words; None for those of this process.

    Returns:
        The command without ``--fresh``, which would start anew.
    """
    program, *words = sys.argv if argv is None else argv
    name = os.path.basename(program)
    if name == '__main__.py':
        start = ['python', '-m', os.path.basename(os.path.dirname(program))]
    else:
        start = ['python', program] if name.endswith('.py') else [name]
    words = [w for w in words if not (len(w) > 3 and '--fresh'.startswith(w))]
    return shlex.join([*start, *words])
