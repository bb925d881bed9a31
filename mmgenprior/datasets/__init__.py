"""Data sets and transforms that MMagic lacks.

Names are resolved on first use: a command lists and checks the files of a folder, by modules of
this package that need no torch, before it imports what needs it.
"""

from __future__ import annotations

import importlib
from typing import Any

_WHERE = {
    'Degrade': 'transforms.degrade',
    'FlattenLabel': 'transforms.flatten_label',
    'LoadMeasurement': 'transforms.degrade',
    'LoadPhoto': 'transforms.load_photo',
    'RestorationDataset': 'restoration_dataset',
    'SeedsDataset': 'seeds',
    'ToyFacesDataset': 'toyfaces.dataset',
    'Translate': 'transforms.load_photo',
}
__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(f'{__name__}.{_WHERE[name]}'), name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
