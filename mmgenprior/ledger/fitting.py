"""Whether an entry still stands for what is on the disk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mmgenprior.ledger.entries import Entry
from mmgenprior.utils.names import listed
from mmgenprior.weights.hashes import file_sha256


def misfit(
    entry: Entry, weights: str, source: str, needed: Iterable[str], work_dir: Path
) -> str | None:
    """Why an image has to be made again; None if it is as it was left.

    Args:
        entry: Of the image, of the settings of now.
        weights: Hash of the weights of now.
        source: Hash of the image's input of now.
        needed: Files that must have been saved, relative to the work dir.
        work_dir: Where they lie.
    """
    if entry.weights != weights:
        return 'the weights, or a file that the config names, were replaced'
    if entry.source != source:
        return 'its input was replaced'
    missing = [path for path in needed if path not in entry.saved]
    if missing:
        return f'{missing[0]} was not saved'
    for path, expected in entry.saved.items():
        file = work_dir / path
        try:
            if file.stat().st_size == 0:
                return f'{path} was emptied'
            if file_sha256(file) != expected:
                return f'{path} was changed'
        except OSError:
            return f'{path} is missing'
    return None


def made_again(reasons: dict[str, str]) -> str:
    """The one line that names images and why, those of one reason together."""
    by_reason: dict[str, list[str]] = {}
    for key, reason in reasons.items():
        by_reason.setdefault(reason, []).append(key)
    groups = [f'{listed(keys, 3)} ({reason})' for reason, keys in by_reason.items()]
    return f'Made again: {listed(groups, 3)}'
