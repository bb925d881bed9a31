"""The ledger of a work dir: one line for every finished image, written by every process.

``parts/rank<n>.jsonl`` has the lines of one process, ``parts/run.json`` the :class:`Head`. Lines
are added and never changed, so that a kill at any moment costs a line that is being written, and
its image.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mmgenprior.ledger.entries import Entry, decode, encode
from mmgenprior.ledger.failures import Failure
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

    def done(self, entries: Mapping[str, Entry]) -> dict[str, Entry]:
        """Of entries by key, those that are asked for and count, in the order of asking."""
        asked = (key for key in self.asked if key in entries)
        return {key: entries[key] for key in asked if self.counts(entries[key])}


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
        # Key → the line that holds, void ones too; part → bytes of it that were read.
        self._holding: dict[str, Entry] = {}
        self._read: dict[Path, int] = {}

    # -- reading --------------------------------------------------------------------

    def read(self) -> Ledger:
        """Read all parts; a line that nobody can read is noted, and is no entry."""
        self.damaged, self._holding, self._read = {}, {}, {}
        self.last_run = 0
        for part in self._parts():
            content = part.read_bytes()
            for number, line in enumerate(content.split(b'\n'), start=1):
                if not line.strip():
                    continue
                entry = decode(line)
                if entry is None:
                    self.damaged.setdefault(part, []).append(number)
                else:
                    self._note(entry)
            self._read[part] = content.rfind(b'\n') + 1
        return self._settle()

    def refresh(self) -> Ledger:
        """Read what was added since; a line that is being written is left for the next time."""
        for part in self._parts():
            begin = self._read.get(part, 0)
            size = part.stat().st_size
            if size < begin:  # damaged lines were set aside
                begin = 0
            if size == begin:
                continue
            with open(part, 'rb') as file:
                file.seek(begin)
                content = file.read()
            end = content.rfind(b'\n') + 1
            for line in content[:end].split(b'\n'):
                entry = decode(line) if line.strip() else None
                if entry is not None:
                    self._note(entry)
            self._read[part] = begin + end
        return self._settle()

    def _note(self, entry: Entry) -> None:
        # Within a start, what it takes back was taken back before it wrote.
        known = self._holding.get(entry.key)
        if known is None or (entry.run, not entry.void) >= (known.run, not known.void):
            self._holding[entry.key] = entry
        self.last_run = max(self.last_run, entry.run)

    def _settle(self) -> Ledger:
        self.entries = {key: entry for key, entry in self._holding.items() if not entry.void}
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
        """Move lines that nobody can read to ``damaged.txt``, so that they are named once.

        No other process may write the parts meanwhile.
        """
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

    def open(self, number: int) -> None:
        """Prepare to add lines to the part of that number, which nobody else writes."""
        self._file = LineFile(self.folder / f'rank{number}.jsonl')

    def add(self, entry: Entry) -> None:
        """Add an entry; it is on the disk on return."""
        self._file.add(encode(entry))

    def take_back(self, keys: Iterable[str], run: int) -> None:
        """Note that images are to be made again."""
        for key in keys:
            void = Entry(key, run, void=True)
            self.add(void)
            self._note(void)
        self._settle()

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
