"""Data sets and transforms that MMagic lacks.

Names are resolved on first use: a command lists and checks the files of a folder, by modules of
this package that need no torch, before it imports what needs it.
"""

from __future__ import annotations

from mmgenprior.utils.lazy import lazily

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

__getattr__ = lazily(__name__, _WHERE)
