"""What each of several processes holds of a work dir, so that none does what another does.

A claim is a lock on one byte of one file. The system frees it with its process, however that
ends; children do not inherit it; and it holds across machines where their common file system locks
files (NFS, Lustre with ``flock``, GPFS, CephFS).
"""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

from mmgenprior.utils.errors import UserError

try:
    import fcntl
except ImportError:  # only POSIX has it; a run alone needs no claims
    fcntl = None

# Bytes of the file: one for all who share, one for each part of the ledger, then the images'.
_SHARING, _PARTS, _IMAGES = 0, 1, 1 << 32
_MOST_PARTS = 1 << 16
_HELD = (errno.EACCES, errno.EAGAIN)
_UNSUPPORTED = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


class Claims:
    """The claims of this process on a work dir; one object at a time, as locks are a process's.

    Args:
        work_dir: The folder; ``.claims`` is made in it.
    """

    def __init__(self, work_dir: Path) -> None:
        self.work_dir = work_dir
        self._file = None
        self._supported = True
        self._own_part: int | None = None

    # -- who is at work --------------------------------------------------------------

    def share(self) -> None:
        """Join those who share the work dir; only while its lock is held.

        Raises:
            UserError: If its file system locks no files.
        """
        if not self._lock(_SHARING, exclusive=False) or not self._supported:
            raise UserError(
                f"'{self.work_dir}' is on a file system that locks no files, so processes cannot "
                'share it: give each a --work-dir of its own, or use --launcher ray'
            )

    def others_share(self) -> bool:
        """Whether another process shares the work dir now."""
        return self._is_held(_SHARING)

    def others_write(self) -> bool:
        """Whether another process writes a part of the ledger now."""
        return any(self.is_written(number) for number in self._known_parts())

    def is_written(self, part: int) -> bool:
        """Whether another process writes that part of the ledger now."""
        return part != self._own_part and self._is_held(_PARTS + part)

    def _known_parts(self) -> list[int]:
        names = (path.stem.removeprefix('rank') for path in self.work_dir.glob('parts/rank*.jsonl'))
        return [int(name) for name in names if name.isdecimal() and int(name) < _MOST_PARTS]

    # -- what this process holds -----------------------------------------------------

    def take_part(self, wanted: int) -> int:
        """Number of a part of the ledger that this process alone writes, from the wanted one on."""
        for number in (*range(wanted, _MOST_PARTS), *range(wanted)):
            if self._lock(_PARTS + number):
                self._own_part = number
                return number
        raise UserError(f"'{self.work_dir}': {_MOST_PARTS} processes write into it")

    def take_image(self, key: str) -> bool:
        """Claim an image; False if another process has it."""
        return self._lock(_byte_of(key))

    def free_image(self, key: str) -> None:
        """Give it back."""
        self._unlock(_byte_of(key))

    def close(self) -> None:
        """Give everything back."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._own_part = None

    # -- bytes -----------------------------------------------------------------------

    def _lock(self, byte: int, exclusive: bool = True) -> bool:
        if fcntl is None:
            self._supported = False
        if not self._supported:
            return True
        if self._file is None:
            try:
                self.work_dir.mkdir(parents=True, exist_ok=True)
                self._file = open(self.work_dir / '.claims', 'a+b')
            except OSError as error:
                reason = error.strerror or error
                raise UserError(f"cannot write into '{self.work_dir}': {reason}") from None
        kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
        try:
            fcntl.lockf(self._file, kind | fcntl.LOCK_NB, 1, byte, os.SEEK_SET)
        except OSError as error:
            if error.errno in _HELD:
                return False
            if error.errno not in _UNSUPPORTED:
                raise
            self._supported = False  # a run alone needs none
        return True

    def _unlock(self, byte: int) -> None:
        if self._file is not None and self._supported:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte, os.SEEK_SET)

    def _is_held(self, byte: int) -> bool:
        if not self._lock(byte):
            return True
        self._unlock(byte)
        return False


def _byte_of(key: str) -> int:
    """A byte for each key; that two of a million share one is as good as impossible."""
    digest = hashlib.sha256(key.encode(errors='surrogatepass')).digest()
    return _IMAGES + (int.from_bytes(digest[:8], 'big') >> 2)
