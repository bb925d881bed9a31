"""Data sets and transforms that MMagic lacks."""

from mmgenprior.datasets.restoration_dataset import RestorationDataset
from mmgenprior.datasets.toyfaces.dataset import ToyFacesDataset
from mmgenprior.datasets.transforms import (
    Degrade,
    FlattenLabel,
    LoadInversion,
    LoadMeasurement,
    LoadPhoto,
    Translate,
)

__all__ = [
    'Degrade',
    'FlattenLabel',
    'LoadInversion',
    'LoadMeasurement',
    'LoadPhoto',
    'RestorationDataset',
    'ToyFacesDataset',
    'Translate',
]
