"""A run's hold on its work dir: the lock, what is taken over, the summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmgenprior.ledger.aside import move_aside
from mmgenprior.ledger.averaging import Compute
from mmgenprior.ledger.entries import Entry
from mmgenprior.ledger.failures import Failure, read_failures, write_failures
from mmgenprior.ledger.fitting import made_again, misfit
from mmgenprior.ledger.ledger import Head, Ledger
from mmgenprior.ledger.lock import WorkDirLock
from mmgenprior.ledger.settings import refuse
from mmgenprior.ledger.summary import FILES, Summary, progress, summarise, write_summary
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.files import digest, write_atomically
from mmgenprior.utils.names import listed

Say = Callable[[str], None]


@dataclass(frozen=True)
class Start:
    """What every process has to know of a start.

    Attributes:
        run: Its number.
        digest: Hash of the settings.
        weights: Hash of the weights.
        kept: Keys of the images that are taken over.
        failures: Images that are left out, as they cannot be restored.
    """

    run: int
    digest: str
    weights: str
    kept: tuple[str, ...]
    failures: tuple[Failure, ...] = ()


class WorkDir:
    """The work dir of a run.

    Args:
        folder: The folder.

    Attributes:
        ledger: Of its images.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = Ledger(folder)
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
        self._lock.acquire()
        self._place = _place(self.folder)
        if fresh:
            moved = move_aside(self.folder)
            if moved is not None:
                say(f'The results of earlier runs are in {moved}')
        self.ledger.read()
        if any(e.settings != digest(settings) for e in self.ledger.entries.values()):
            head = self.ledger.head()
            refuse(self.folder, head.settings if head else None, settings)

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
        if ledger.damaged:
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
        ledger.open(0)
        ledger.take_back([key for key in noted if key not in kept], run)
        ledger.close()
        ledger.write_head(head)
        self._head = head
        write_atomically(self.folder / 'config.py', config.encode())
        if len(kept) < len(head.asked):
            # A summary of an earlier run must not pass for this one's.
            for name in FILES:
                (self.folder / name).unlink(missing_ok=True)
        return Start(run, head.digest, head.weights, kept)

    def note_failures(self, failures: Sequence[Failure]) -> None:
        """Write ``errors.csv``, in the order in which images were asked for."""
        place = {key: number for number, key in enumerate(self._head.asked)}
        known = {failed.key: failed for failed in failures}
        order = sorted(known.values(), key=lambda failed: place.get(failed.key, len(place)))
        write_failures(self.folder, order)

    def summarise(self, compute: Compute) -> Summary:
        """Write the summary of all that is done."""
        failures = read_failures(self.folder)
        summary = summarise(self._head, self.ledger.read().entries, compute, failures)
        write_summary(summary, self.folder, compute)
        return summary

    def progress(self) -> str:
        """``3 of 6 images are done``, as the disk has it."""
        head, entries = self._head, Ledger(self.folder).read().entries
        done = [key for key in head.asked if key in entries and head.counts(entries[key])]
        return progress(len(done), len(head.asked))

    def close(self) -> None:
        """Write no more, and let others in."""
        self.ledger.close()
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
