"""One process at a time puts a file down."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout


@contextlib.contextmanager
def locked(target: Path, doing: str = 'fetching') -> Iterator[bool]:
    """Hold the lock between processes (``.<name>.lock``), which cannot outlive this one.

    Args:
        target: The file that is to be put down; its folder is made.
        doing: What another process does that holds the lock, for the message.

    Yields:
        Whether another process has put the file down while this one waited.

    Raises:
        OSError: If the folder cannot be made or written to.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    before = _stamp(target)
    lock = FileLock(target.with_name(f'.{target.name}.lock'))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        print(f'{target.name}: another process is {doing} it, waiting', file=sys.stderr)
        lock.acquire()
    try:
        yield target.is_file() and _stamp(target) != before
    finally:
        # While it is held: who waits for a file without a name starts over. Windows keeps it.
        with contextlib.suppress(OSError):
            os.unlink(lock.lock_file)
        lock.release()


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns
