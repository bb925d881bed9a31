"""A run's hold on its work dir: the lock, what is taken over, the summary."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmgenprior.ledger.aside import move_aside
from mmgenprior.ledger.averaging import Compute
from mmgenprior.ledger.claims import Claims
from mmgenprior.ledger.entries import Entry
from mmgenprior.ledger.failures import Failure, read_failures, write_failures
from mmgenprior.ledger.fitting import made_again, misfit
from mmgenprior.ledger.ledger import Head, Ledger, Start
from mmgenprior.ledger.lock import LINGERING, WorkDirLock
from mmgenprior.ledger.settings import refuse
from mmgenprior.ledger.summary import FILES, Summary, progress, summarise, write_summary
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.files import digest, write_atomically
from mmgenprior.utils.names import listed

Say = Callable[[str], None]


class WorkDir:
    """The work dir of a run.

    Args:
        folder: The folder.
        shared: Let other processes, which share it too, work in it at the same time.

    Attributes:
        ledger: Of its images.
        claims: Of this process.
    """

    def __init__(self, folder: Path, shared: bool = False) -> None:
        self.folder = folder
        self.shared = shared
        self.ledger = Ledger(folder)
        self.claims = Claims(folder)
        self._lock = WorkDirLock(folder)
        self._head: Head | None = None
        self._place: tuple[int, int] | None = None

    def see_that_it_is_there(self) -> None:
        """See that the folder is the one that the run began in, before an image is saved.

        Raises:
            UserError: If it was moved or deleted, or its disk is gone.
        """
        place = _place(self.folder)
        if self._place is None:  # in other processes than the first
            self._place = place
        if place is None or place != self._place:
            raise UserError(
                f"the work dir '{self.folder}' has vanished (moved, deleted, or its disk is gone): "
                'put it back and give the same command again'
            )

    def open(self, settings: dict[str, Any], fresh: bool, say: Say) -> None:
        """Lock the folder and read the ledger; in the first process only.

        Args:
            settings: Of this start.
            fresh: Move what is there aside.
            say: Tells a line.

        Raises:
            UserError: If another run is at work, or settings differ from those of the entries.
        """
        self._lock.acquire(briefly=self.shared)
        if self.shared:
            self.claims.share()
        else:
            self._wait_for_others()
        self._place = _place(self.folder)
        if fresh:
            moved = move_aside(self.folder)
            if moved is not None:
                say(f'The results of earlier runs are in {moved}')
        self.ledger.read()
        if any(e.settings != digest(settings) for e in self.ledger.entries.values()):
            head = self.ledger.head()
            refuse(self.folder, head.settings if head else None, settings)

    def _wait_for_others(self) -> None:
        """Other processes of a run that was killed end soon after it, or are told of."""
        if self.claims.others_share():
            raise UserError(
                f"other processes share '{self.folder}': join them with --share, wait until they "
                'have ended, or give another --work-dir'
            )
        until = time.monotonic() + LINGERING
        while self.claims.others_write():
            if time.monotonic() > until:
                raise UserError(
                    f"processes of an earlier run are still at work in '{self.folder}': end them, "
                    'wait until they have ended, or give another --work-dir'
                )
            time.sleep(0.1)

    def begin(
        self,
        head: Head,
        config: str,
        source: Callable[[str], str] | None,
        needed: Callable[[Entry], Iterable[str]],
        say: Say,
    ) -> Start:
        """Choose what is taken over, and note what is asked for; in the first process only.

        Args:
            head: What is asked for.
            config: Text of ``config.py``.
            source: Key → hash of the input; None takes nothing over.
            needed: Files of an image that must have been saved.
            say: Tells a line.
        """
        ledger = self.ledger
        if ledger.damaged and not (self.shared and self.claims.others_write()):
            say(_damage(ledger))
            ledger.set_damaged_aside()
        noted = {k: ledger.entries[k] for k in head.asked if k in ledger.entries}
        reasons: dict[str, str] = {}
        for key, entry in noted.items() if source else ():
            reason = misfit(entry, head.weights, source(key), needed(entry), self.folder)
            if reason is not None:
                reasons[key] = reason
        if reasons:
            say(made_again(reasons))
        kept = tuple(key for key in noted if key not in reasons) if source else ()
        run = ledger.last_run + 1
        self.write_as(0)
        ledger.take_back([key for key in noted if key not in kept], run)
        ledger.write_head(head)
        self._head = head
        write_atomically(self.folder / 'config.py', config.encode())
        if len(kept) < len(head.asked):
            # A summary of an earlier run must not pass for this one's.
            for name in FILES:
                (self.folder / name).unlink(missing_ok=True)
        if self.shared:
            self._lock.release()
        return Start(run, head.digest, head.weights, kept)

    def note_failures(self, failures: Sequence[Failure]) -> None:
        """Write ``errors.csv``, in the order in which images were asked for."""
        with self._held():
            self._note_failures(failures)

    def _note_failures(self, failures: Sequence[Failure]) -> None:
        place = {key: number for number, key in enumerate(self._head.asked)}
        known = {failed.key: failed for failed in failures}
        if self.shared:  # those of the others too, but for what one of them could restore
            done = self.finished()
            told = (failed for failed in read_failures(self.folder) if failed.key not in done)
            known = {failed.key: failed for failed in told} | known
        order = sorted(known.values(), key=lambda failed: place.get(failed.key, len(place)))
        write_failures(self.folder, order)

    def write_as(self, rank: int) -> None:
        """Write entries from now on, to a part of this process alone; that of the rank if it can.

        Args:
            rank: Of this process.
        """
        self.ledger.open(self.claims.take_part(rank))

    def finished(self) -> dict[str, Entry]:
        """Key → entry of all that is asked for and done by now, by whatever process."""
        return self._head.done(self.ledger.refresh().entries)

    def summarise(self, compute: Compute) -> Summary:
        """Write the summary of all that is done."""
        with self._held():
            failures = read_failures(self.folder)
            summary = summarise(self._head, self.ledger.read().entries, compute, failures)
            write_summary(summary, self.folder, compute)
        return summary

    @contextmanager
    def _held(self) -> Iterator[None]:
        """The folder for this process alone, which otherwise shares it."""
        if self.shared:
            self._lock.acquire(briefly=True)
        try:
            yield
        finally:
            if self.shared:
                self._lock.release()

    def progress(self) -> str:
        """``3 of 6 images are done``, as the disk has it."""
        done = self._head.done(Ledger(self.folder).read().entries)
        return progress(len(done), len(self._head.asked))

    def close(self) -> None:
        """Write no more, and let others in."""
        self.ledger.close()
        self.claims.close()
        self._lock.release()


def _place(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another one under its name."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _damage(ledger: Ledger) -> str:
    """The one line that names damaged lines."""
    found = [
        f'line{"s" * (len(numbers) > 1)} {listed(list(map(str, numbers)), 5)} of {part.name}'
        for part, numbers in ledger.damaged.items()
    ]
    return (
        f'Damaged in the ledger: {listed(found)}; the images are made again, the lines kept in '
        f'{ledger.folder / "damaged.txt"}'
    )
