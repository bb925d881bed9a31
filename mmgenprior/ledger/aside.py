"""Starting anew without losing anything."""

from __future__ import annotations

from pathlib import Path

from mmgenprior.ledger.failures import FILE as ERRORS
from mmgenprior.ledger.ledger import PARTS, Ledger
from mmgenprior.ledger.summary import FILES
from mmgenprior.utils.errors import UserError

OLD = 'old'
_OURS = (*FILES, ERRORS, PARTS, 'config.py', 'restored', 'variants', 'pictures')


def move_aside(work_dir: Path) -> Path | None:
    """Move the results of earlier runs to the next free ``old/<number>``.

    Only what a run writes is moved, so that a work dir may hold other things too.

    Returns:
        The folder, or None where there was nothing.

    Raises:
        UserError: If something cannot be moved.
    """
    saved = [path for entry in Ledger(work_dir).read().entries.values() for path in entry.saved]
    folders = {path.split('/')[0] for path in saved} - {'..', '.', '', OLD}
    names = [name for name in (*_OURS, *sorted(folders - {*_OURS})) if (work_dir / name).exists()]
    if not names:
        return None
    number = 1
    while (work_dir / OLD / str(number)).exists():
        number += 1
    target = work_dir / OLD / str(number)
    # The ledger goes first: killed in between, no entry stands for a file that has moved.
    names.sort(key=lambda name: name != PARTS)
    try:
        target.mkdir(parents=True)
        for name in names:
            (work_dir / name).rename(target / name)
    except OSError as error:
        raise UserError(f"cannot move '{work_dir}' aside: {error.strerror or error}") from None
    return target
