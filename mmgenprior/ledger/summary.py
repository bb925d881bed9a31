"""``metrics.json``, the tables and the sheet: a function of the ledger, whenever it is asked."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmgenprior.ledger.averaging import Compute, aggregate, main_first
from mmgenprior.ledger.entries import Entry
from mmgenprior.ledger.failures import FILE as ERRORS
from mmgenprior.ledger.failures import Failure
from mmgenprior.ledger.ledger import Head
from mmgenprior.utils.files import file_of, write_atomically, write_png
from mmgenprior.visualization.panels import stack
from mmgenprior.weights.hashes import sha256_of

FILES = ('metrics.json', 'per_image.csv', 'seconds.csv', 'sheet.png')


@dataclass(frozen=True)
class Summary:
    """Numbers of the images that are done.

    Attributes:
        head: What was asked for.
        entries: Of the images that are done, by key.
        metrics: Name → number.
        failures: Images that could not be restored.
    """

    head: Head
    entries: Sequence[Entry]
    metrics: Mapping[str, float]
    failures: Sequence[Failure] = ()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What is known of each image."""
        return [{**entry.row, 'key': entry.key} for entry in self.entries]

    @property
    def progress(self) -> str:
        """``3 of 6 images are done``, and how many failed."""
        failed = f', {len(self.failures)} failed ({ERRORS})' if self.failures else ''
        return progress(len(self.entries), len(self.head.asked)) + failed

    @property
    def numbers(self) -> dict[str, float]:
        """The metrics; where images failed, also of how many they are, and how many failed."""
        if not self.failures:
            return dict(self.metrics)
        counts = dict(images=len(self.entries), failed_images=len(self.failures))
        return {**self.metrics, **counts}


def progress(done: int, asked: int) -> str:
    """``3 of 6 images are done``."""
    are = 'is' if 1 in (done, asked) else 'are'
    return f'{done} of {asked} image{"s" * (asked != 1)} {are} done'


def summarise(
    head: Head,
    entries: Mapping[str, Entry],
    compute: Compute,
    failures: Sequence[Failure] = (),
) -> Summary:
    """Numbers of the entries that the head asks for.

    Args:
        head: What was asked for.
        entries: Key → entry, of any settings.
        compute: See :data:`mmgenprior.ledger.averaging.Compute`.
        failures: Images that could not be restored, of any start.
    """
    done = [entry for _, entry in sorted(head.done(entries).items())]
    rows = [{**entry.row, 'key': entry.key} for entry in done]
    metrics = main_first(aggregate(rows, head.averages, head.aliases, compute), rows)
    missing = set(head.asked) - {entry.key for entry in done}
    return Summary(head, done, metrics, [f for f in failures if f.key in missing])


def write_summary(summary: Summary, work_dir: Path, compute: Compute) -> None:
    """Write the files; without an image there are none."""
    if not summary.entries:
        return
    text = json.dumps(summary.numbers, indent=1)
    write_atomically(work_dir / 'metrics.json', text.encode())
    write_atomically(work_dir / 'per_image.csv', _per_image(summary, compute).encode())
    # Apart, because no rerun repeats them.
    seconds = [dict(key=e.key, seconds=e.seconds) for e in summary.entries if e.seconds is not None]
    write_atomically(work_dir / 'seconds.csv', _table(seconds, ['key', 'seconds']).encode())
    pictures = _pictures(summary, work_dir)
    if pictures:
        write_png(work_dir / 'sheet.png', stack(pictures))


def _per_image(summary: Summary, compute: Compute) -> str:
    table = []
    for row in summary.rows:
        metrics = aggregate([row], summary.head.averages, summary.head.aliases, compute)
        own = {name: row[name] for name in ('objective', 'search') if name in row}
        table.append({'key': row['key'], **own, **main_first(metrics, [row])})
    return _table(table, list(dict.fromkeys(name for line in table for name in line)))


def _table(lines: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval='', lineterminator='\n')
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _pictures(summary: Summary, work_dir: Path) -> list[np.ndarray]:
    """Of the first images, those that are as they were saved."""
    found = []
    for entry in summary.entries[: summary.head.sheet]:
        path = file_of(work_dir / 'pictures', entry.key)
        expected = entry.saved.get(path.relative_to(work_dir).as_posix())
        content = path.read_bytes() if expected and path.is_file() else b''
        if content and sha256_of(content) == expected:
            data = np.frombuffer(content, dtype=np.uint8)
            found.append(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return found
