"""Names that a user may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """`` (did you mean ...?)`` with up to three similar names, or nothing.

    Args:
        word: What was written.
        known: What there is.
        cutoff: How similar a name must be, from 0 to 1.
    """
    close = difflib.get_close_matches(word, sorted(known), n=3, cutoff=cutoff)
    return f' (did you mean {", ".join(close)}?)' if close else ''


def listed(names: list[str], most: int = 20) -> str:
    """Names for a message, the first ``most`` of them and how many there are besides."""
    text = ', '.join(names[:most])
    return text if len(names) <= most else f'{text} and {len(names) - most} more'


def printable(text: str) -> str:
    """A name in one line of visible characters, whatever bytes a file system made it of."""
    return ''.join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
