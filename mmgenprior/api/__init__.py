"""One photo in, one photo out: what ``import mmgenprior`` offers.

Names are resolved on first use, so that nothing heavy is imported before it is needed.
"""

from __future__ import annotations

import importlib
from typing import Any

# Name → module below this package.
_HOMES = {
    'restore': 'restoring',
    'Restorer': 'restorer',
    'Restoration': 'restoration',
    'Cancelled': 'events',
    'list_priors': 'listing',
    'list_methods': 'listing',
    'list_damages': 'listing',
    'GenPriorInferencer': 'inferencer',
    'GenPriorReconstructor': 'reconstructor',
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f'mmgenprior.api.{_HOMES[name]}'), name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
