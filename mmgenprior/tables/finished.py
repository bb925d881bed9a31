"""A finished run as a table reads it: numbers of each image, seconds, pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmgenprior.ledger.averaging import MEASUREMENT
from mmgenprior.ledger.entries import Entry
from mmgenprior.ledger.ledger import PARTS, Head, Ledger
from mmgenprior.utils.files import file_of
from mmgenprior.visualization.panels import panel, panel_size

GENERATED = 'generated/'


@dataclass(frozen=True)
class Numbers:
    """One number of every image, and how they are averaged.

    Attributes:
        keys: Of the images, sorted.
        values: As the metric noted them, (N,).
        kind: As :mod:`mmgenprior.ledger.averaging` names the ways.
        scaling: Of ``mean``.
    """

    keys: tuple[str, ...]
    values: np.ndarray
    kind: str
    scaling: float = 1.0

    def average(self, means: np.ndarray | float) -> np.ndarray:
        """What a mean of the values is as the number of the table."""
        if self.kind == 'pooled_psnr':
            with np.errstate(divide='ignore'):
                return 10 * np.log10(255.0**2 / np.asarray(means))
        return np.asarray(means) * (100 if self.kind == 'percent' else self.scaling)

    def of_keys(self, keys: Sequence[str]) -> Numbers:
        """The same of some of the images."""
        at = {key: i for i, key in enumerate(self.keys)}
        rows = [at[key] for key in keys]
        return Numbers(tuple(keys), self.values[rows], self.kind, self.scaling)


@dataclass(frozen=True)
class Finished:
    """A run of which every image is done.

    Attributes:
        folder: Its work dir.
        head: What it was asked for.
        entries: Of its images, by key.
    """

    folder: Path
    head: Head
    entries: Sequence[Entry]

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the images."""
        return tuple(entry.key for entry in self.entries)

    @property
    def seconds(self) -> float | None:
        """Mean of an image, as the ledger noted it."""
        known = [entry.seconds for entry in self.entries if entry.seconds is not None]
        return float(np.mean(known)) if known else None

    def variant(self, name: str | None) -> str | None:
        """The name of a variant; None stands for the result. None where there is none."""
        row = self.entries[0].row
        return row['main'] if name is None else name if name in row['results'] else None

    def generated(self) -> str | None:
        """What φ weighs the measurement against: ``prior``, or the only further variant."""
        row = self.entries[0].row
        others = [name for name in row['results'] if name not in (row['main'], MEASUREMENT)]
        return 'prior' if 'prior' in others else others[-1] if others else None

    def numbers(self, metric: str, variant: str | None = None) -> Numbers | None:
        """One metric of a variant, of the images that have it; None where none has.

        Args:
            metric: Its name; ``generated/PSNR`` is that of :meth:`generated`.
            variant: Name; None is the result.
        """
        if metric.startswith(GENERATED):
            variant, metric = self.generated(), metric.removeprefix(GENERATED)
        variant = self.variant(variant)
        if variant is None:
            return None
        for number, plan in enumerate(self.head.averages):
            prefix = f'{plan["prefix"]}/' if plan.get('prefix') else ''
            name = metric.removeprefix(prefix)
            found = {
                entry.key: results[number][name]
                for entry in self.entries
                if (results := entry.row['results'].get(variant))
                and results[number] is not None
                and metric.startswith(prefix)
                and name in results[number]
            }
            if found:
                values = np.array([found[key] for key in sorted(found)], dtype=np.float64)
                scaling = float(plan.get('scaling') or 1.0)
                return Numbers(tuple(sorted(found)), values, plan['kind'], scaling)
        return None

    # -- pictures -------------------------------------------------------------------

    def picture(self, key: str, variant: str | None = None) -> np.ndarray | None:
        """A picture H×W×3, uint8 BGR: of a variant, ``measurement`` or ``truth``.

        Taken out of ``pictures/<key>.png``, where all of an image stands side by side.
        """
        restored = cv2.imread(str(file_of(self.folder / 'restored', key)))
        row = next(entry.row for entry in self.entries if entry.key == key)
        if variant is None or variant == row['main'] or restored is None:
            return restored
        strip = cv2.imread(str(file_of(self.folder / 'pictures', key)))
        names = [MEASUREMENT, *(n for n in row['results'] if n not in (MEASUREMENT, row['main']))]
        names += [row['main'], *(['truth'] if row['has_gt'] else [])]
        if strip is None or variant not in names:
            return None
        size = panel_size(*restored.shape[:2])
        found = panel(strip, names.index(variant), size)
        factor = size[0] // restored.shape[0]
        return found[::factor, ::factor] if factor > 1 else found


def finished(folder: Path, images: int | None = None) -> Finished | None:
    """Read a run; None where it is none, or images are missing.

    Args:
        folder: Its work dir.
        images: How many are needed; None is all that it was asked for.
    """
    if not (folder / PARTS).is_dir():
        return None
    ledger = Ledger(folder).read()
    head = ledger.head()
    if head is None:
        return None
    done = [entry for _, entry in sorted(head.done(ledger.entries).items())]
    if not done or len(done) < (len(head.asked) if images is None else images):
        return None
    return Finished(folder, head, done)


def work_dirs(paths: Sequence[Path]) -> Iterator[Path]:
    """The work dirs among folders, in them, and in what they hold."""
    for path in paths:
        for pattern in (PARTS, f'*/{PARTS}', f'*/*/{PARTS}', f'*/*/*/{PARTS}'):
            for parts in sorted(path.glob(pattern)):
                yield parts.parent


def settings_in(folder: Path) -> Mapping[str, Any] | None:
    """What the last start in a work dir was asked for."""
    head = Ledger(folder).head()
    return None if head is None else head.settings
