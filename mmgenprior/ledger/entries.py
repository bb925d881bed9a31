"""One line of the ledger: an image that is finished, or one that is to be made again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# Digits of the hash that ends a line's damage.
_DIGITS = 16


@dataclass(frozen=True)
class Entry:
    """A finished image, under the hashes of all that determined it.

    Attributes:
        key: Of the sample.
        run: Number of the start that wrote it; of two entries of one key the later one holds.
        void: Takes back what is noted of the key before; the other fields are empty.
        settings: Hash of model, data set and metrics, see :mod:`mmgenprior.ledger.settings`.
        weights: Hash of the weights' contents and of further files that the settings name.
        source: Hash of the contents of the sample's own files.
        saved: Path relative to the work dir → SHA-256, of every file of the image.
        row: What the metrics need: ``main``, ``has_gt``, ``results``, and ``objective``.
        trace: Objective before every update; empty for methods without one.
        seconds: Of the clock.
    """

    key: str
    run: int
    void: bool = False
    settings: str = ''
    weights: str = ''
    source: str = ''
    saved: Mapping[str, str] = field(default_factory=dict)
    row: Mapping[str, Any] = field(default_factory=dict)
    trace: tuple[float, ...] = ()
    seconds: float | None = None


_FIELDS = frozenset(Entry.__dataclass_fields__)


def encode(entry: Entry) -> bytes:
    """A line without its end: JSON, with a hash of the rest under ``check``."""
    fields = asdict(entry)
    return json.dumps({'check': _check(fields), **fields}).encode()


def decode(line: bytes) -> Entry | None:
    """The entry of a line; None for everything that :func:`encode` did not write."""
    try:
        fields = json.loads(line)
        if not isinstance(fields, dict) or fields.pop('check', None) != _check(fields):
            return None
    except (ValueError, RecursionError):  # no JSON, no UTF-8, nested too deeply
        return None
    if set(fields) != _FIELDS or not _fits(fields):
        return None
    return Entry(**{**fields, 'trace': tuple(fields['trace'])})


def _check(fields: Mapping[str, Any]) -> str:
    text = json.dumps(fields, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _fits(fields: Mapping[str, Any]) -> bool:
    """Whether the values are of the kinds that readers rely on."""
    texts = ('key', 'settings', 'weights', 'source')
    return (
        all(isinstance(fields[name], str) for name in texts)
        and type(fields['run']) is int
        and type(fields['void']) is bool
        and isinstance(fields['trace'], list)
        and all(type(value) in (int, float) for value in fields['trace'])
        and (fields['seconds'] is None or type(fields['seconds']) in (int, float))
        and isinstance(fields['saved'], dict)
        and all(isinstance(value, str) for value in fields['saved'].values())
        and isinstance(fields['row'], dict)
        and (fields['void'] or _is_row(fields['row']))
    )


def _is_row(row: Mapping[str, Any]) -> bool:
    results = row.get('results')
    return (
        isinstance(row.get('main'), str)
        and type(row.get('has_gt')) is bool
        and type(row.get('objective', 0.0)) in (int, float)
        and isinstance(row.get('search', ''), str)
        and isinstance(results, dict)
        and row['main'] in results
        and all(isinstance(found, list) for found in results.values())
        and all(result is None or _is_numbers(result) for f in results.values() for result in f)
    )


def _is_numbers(result: Any) -> bool:
    return isinstance(result, dict) and all(type(v) in (int, float) for v in result.values())
