"""One run at a time in a work dir."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from pathlib import Path

from filelock import FileLock, Timeout

from mmgenprior.utils.errors import UserError
from mmgenprior.utils.files import write_atomically

# Workers that load data outlive a killed process by the seconds after which they look for it.
_LINGERING = 10.0


class WorkDirLock:
    """The lock of a work dir, which the system releases when its process dies.

    Args:
        work_dir: The folder; ``.lock`` and ``.owner.json`` are made in it.
    """

    def __init__(self, work_dir: Path) -> None:
        self.work_dir = work_dir
        self._lock = FileLock(work_dir / '.lock')
        self._owner = work_dir / '.owner.json'

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            UserError: If another run is at work there, or the folder cannot be written.
        """
        try:
            self.work_dir.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except OSError as error:
            if not isinstance(error, Timeout):
                reason = error.strerror or error
                raise UserError(f"cannot write into '{self.work_dir}': {reason}") from None
            self._wait_for_the_dead()
        owner = dict(process=os.getpid(), machine=socket.gethostname())
        write_atomically(self._owner, json.dumps(owner).encode())

    def _wait_for_the_dead(self) -> None:
        owner = self._read_owner()
        try:
            self._lock.acquire(timeout=0 if _lives(owner) else _LINGERING)
        except Timeout:
            who = f' (process {owner["process"]} on {owner["machine"]})' if owner else ''
            raise UserError(
                f"another run is at work in '{self.work_dir}'{who}: wait until it has ended, or "
                'give another --work-dir'
            ) from None

    def _read_owner(self) -> dict | None:
        try:
            owner = json.loads(self._owner.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        known = isinstance(owner, dict) and type(owner.get('process')) is int
        return owner if known and isinstance(owner.get('machine'), str) else None

    def release(self) -> None:
        """Give the lock back; nothing happens if it is not held."""
        if self._lock.is_locked:
            with contextlib.suppress(OSError):  # of a disk that is gone, or read-only by now
                self._owner.unlink(missing_ok=True)
            self._lock.release()


def _lives(owner: dict | None) -> bool:
    """Whether the process is alive, as far as this machine can tell."""
    if owner is None:
        return False
    if owner['machine'] != socket.gethostname():
        return True
    try:
        os.kill(owner['process'], 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # somebody else's
        return True
    return True
