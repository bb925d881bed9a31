"""Transforms of a restoration pipeline."""

from mmgenprior.datasets.transforms.degrade import Degrade, LoadMeasurement
from mmgenprior.datasets.transforms.flatten_label import FlattenLabel
from mmgenprior.datasets.transforms.load_inversion import LoadInversion
from mmgenprior.datasets.transforms.load_photo import LoadPhoto, Translate

__all__ = [
    'Degrade',
    'FlattenLabel',
    'LoadInversion',
    'LoadMeasurement',
    'LoadPhoto',
    'Translate',
]
