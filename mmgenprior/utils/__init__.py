"""Small helpers that belong to no single part.

Names are resolved on first use: the command line imports this package before it
has read its arguments, and must not wait for torch.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ['derive_seed', 'sample_generator']


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(importlib.import_module('mmgenprior.utils.seeding'), name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
