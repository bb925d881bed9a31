"""The ledger of a work dir: one line for every finished image, written by every process.

``parts/rank<r>.jsonl`` has the lines of one process, ``parts/run.json`` the :class:`Head`. Lines
are added and never changed, so that a kill at any moment costs a line that is being written, and
its image.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mmgenprior.ledger.entries import Entry, decode, encode
from mmgenprior.utils.files import LineFile, write_atomically

PARTS = 'parts'
_DAMAGED = 'damaged.txt'


@dataclass(frozen=True)
class Head:
    """What the last start asked for.

    Attributes:
        settings: See :func:`mmgenprior.ledger.settings.settings_of`.
        digest: Hash of them.
        weights: As :attr:`mmgenprior.ledger.entries.Entry.weights`.
        asked: Keys of the samples, in order.
        averages: How the metrics are averaged, see :mod:`mmgenprior.ledger.averaging`.
        aliases: Further names of results.
        sheet: Number of pictures on ``sheet.png``; 0 without pictures.
    """

    settings: dict[str, Any]
    digest: str
    weights: str
    asked: list[str]
    averages: list[dict[str, Any]]
    aliases: dict[str, str]
    sheet: int

    def counts(self, entry: Entry) -> bool:
        """Whether an entry is of these settings and weights."""
        return entry.settings == self.digest and entry.weights == self.weights


class Ledger:
    """The entries of a work dir.

    Args:
        work_dir: The folder; nothing is made in it until something is written.

    Attributes:
        entries: Key → the entry that holds, void ones left out; as of :meth:`read`.
        damaged: Path of a part → numbers of its lines that are none.
        last_run: Highest number of a start.
    """

    def __init__(self, work_dir: Path) -> None:
        self.folder = work_dir / PARTS
        self.entries: dict[str, Entry] = {}
        self.damaged: dict[Path, list[int]] = {}
        self.last_run = 0
        self._file: LineFile | None = None

    # -- reading --------------------------------------------------------------------

    def read(self) -> Ledger:
        """Read all parts; a line that nobody can read is noted, and is no entry."""
        found: list[Entry] = []
        self.damaged = {}
        for part in self._parts():
            for number, line in enumerate(part.read_bytes().split(b'\n'), start=1):
                if not line.strip():
                    continue
                entry = decode(line)
                if entry is None:
                    self.damaged.setdefault(part, []).append(number)
                else:
                    found.append(entry)
        # Within a start, what it takes back was taken back before it wrote.
        found.sort(key=lambda entry: (entry.run, not entry.void))
        self.last_run = max((entry.run for entry in found), default=0)
        self.entries = {entry.key: entry for entry in found}
        self.entries = {key: entry for key, entry in self.entries.items() if not entry.void}
        return self

    def head(self) -> Head | None:
        """What the last start asked for; None where that is not told, or damaged."""
        try:
            fields = json.loads((self.folder / 'run.json').read_bytes())
            head = Head(**fields)
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        return head if _is_head(head) else None

    def _parts(self) -> list[Path]:
        found = self.folder.glob('rank*.jsonl') if self.folder.is_dir() else ()
        return sorted(part for part in found if part.is_file())  # no pipe, which never ends

    # -- writing --------------------------------------------------------------------

    def set_damaged_aside(self) -> None:
        """Move lines that nobody can read to ``damaged.txt``, so that they are named once."""
        for part, numbers in self.damaged.items():
            lines = part.read_bytes().split(b'\n')
            bad = [lines[number - 1] for number in numbers]
            kept = [line for i, line in enumerate(lines, start=1) if i not in set(numbers)]
            aside = LineFile(self.folder / _DAMAGED)
            for line in bad:
                aside.add(line)
            aside.close()
            write_atomically(part, b'\n'.join(kept))

    def write_head(self, head: Head) -> None:
        """Note what this start asks for."""
        write_atomically(self.folder / 'run.json', json.dumps(asdict(head), indent=1).encode())

    def open(self, rank: int) -> None:
        """Prepare to add lines as this process."""
        self._file = LineFile(self.folder / f'rank{rank}.jsonl')

    def add(self, entry: Entry) -> None:
        """Add an entry; it is on the disk on return."""
        self._file.add(encode(entry))

    def take_back(self, keys: Iterable[str], run: int) -> None:
        """Note that images are to be made again."""
        for key in keys:
            self.add(Entry(key, run, void=True))
            self.entries.pop(key, None)

    def close(self) -> None:
        """Add no more."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _is_head(head: Head) -> bool:
    return (
        isinstance(head.settings, dict)
        and all(isinstance(text, str) for text in (head.digest, head.weights))
        and isinstance(head.asked, list)
        and all(isinstance(key, str) for key in head.asked)
        and isinstance(head.averages, list)
        and all(isinstance(plan, dict) for plan in head.averages)
        and isinstance(head.aliases, dict)
        and type(head.sheet) is int
    )
