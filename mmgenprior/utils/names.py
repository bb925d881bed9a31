"""Similar names, for the messages about misspelt ones."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """`` (did you mean ...?)`` with up to three similar names, or nothing."""
    close = difflib.get_close_matches(word, sorted(known), n=3, cutoff=0.6)
    return f' (did you mean {", ".join(close)}?)' if close else ''
