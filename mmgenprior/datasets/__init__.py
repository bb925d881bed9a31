"""Data sets and transforms that MMagic lacks."""

from mmgenprior.datasets.restoration_dataset import RestorationDataset
from mmgenprior.datasets.seeds import SeedsDataset
from mmgenprior.datasets.toyfaces.dataset import ToyFacesDataset
from mmgenprior.datasets.transforms import (
    Degrade,
    FlattenLabel,
    LoadMeasurement,
    LoadPhoto,
    Translate,
)

__all__ = [
    'Degrade',
    'FlattenLabel',
    'LoadMeasurement',
    'LoadPhoto',
    'RestorationDataset',
    'SeedsDataset',
    'ToyFacesDataset',
    'Translate',
]
