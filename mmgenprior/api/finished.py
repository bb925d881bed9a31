"""What is finished in a folder of results, noted in its ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmgenprior.api.restoration import Restoration
from mmgenprior.ledger.entries import Entry
from mmgenprior.ledger.fitting import misfit
from mmgenprior.ledger.ledger import Ledger
from mmgenprior.ledger.lock import WorkDirLock
from mmgenprior.utils.signals import unbroken
from mmgenprior.weights.hashes import file_sha256


@dataclass(frozen=True)
class MadeOf:
    """What determines a photo's results.

    Attributes:
        settings: Hash of what was asked.
        weights: Hash of the prior's weights.
        source: Hash of the contents of photo, mask and truth.
    """

    settings: str
    weights: str
    source: str


class Finished:
    """The results of a folder, one entry a photo.

    Nothing is made or locked before the first photo is added.

    Args:
        folder: Of the results.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ledger = Ledger(folder).read()
        self._lock: WorkDirLock | None = None

    def has(self, name: str, made_of: MadeOf) -> bool:
        """Whether a photo's results are here, of these settings, and as they were left.

        Args:
            name: What its results are called.
            made_of: What determines them now.
        """
        entry = self._ledger.entries.get(name)
        if entry is None or entry.settings != made_of.settings:
            return False
        needed = [restored(name)]
        return misfit(entry, made_of.weights, made_of.source, needed, self.folder) is None

    def open(self) -> None:
        """Prepare to add; once.

        Raises:
            UserError: If another run is at work there, or the folder cannot be written.
        """
        if self._lock is None:
            lock = WorkDirLock(self.folder)
            lock.acquire()
            self._lock = lock
            self._ledger.read().set_damaged_aside()
            self._ledger.open(0)

    def add(self, restoration: Restoration, made_of: MadeOf) -> Path:
        """Write a photo's results and note them.

        Returns:
            The restored picture's file.
        """
        self.open()
        with unbroken():
            paths = restoration.save(self.folder)
            saved = {path.name: file_sha256(path) for path in paths.values()}
            self._ledger.add(
                Entry(
                    key=restoration.name,
                    run=self._ledger.last_run + 1,
                    settings=made_of.settings,
                    weights=made_of.weights,
                    source=made_of.source,
                    saved=saved,
                    row=_row(restoration),
                    trace=_trace(restoration),
                    seconds=restoration.seconds,
                )
            )
        return paths['restored']

    def close(self) -> None:
        """Add no more."""
        if self._lock is not None:
            self._ledger.close()
            self._lock.release()
            self._lock = None


def restored(name: str) -> str:
    """File name of the restored picture of a photo."""
    from mmgenprior.api.saving import files_of

    return files_of(name)['restored']


def _row(restoration: Restoration) -> Mapping[str, Any]:
    metrics = dict(restoration.metrics)
    return dict(
        main=restoration.main,
        has_gt=bool(metrics),
        results={restoration.main: [metrics or None]},
    )


def _trace(restoration: Restoration) -> tuple[float, ...]:
    trace = restoration.trace
    return () if trace is None else tuple(float(value) for value in trace[np.isfinite(trace)])
