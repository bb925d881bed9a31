"""Transforms of a restoration pipeline."""

from mmgenprior.datasets.transforms.degrade import Degrade, LoadMeasurement
from mmgenprior.datasets.transforms.flatten_label import FlattenLabel
from mmgenprior.datasets.transforms.load_photo import LoadPhoto, Translate

__all__ = [
    'Degrade',
    'FlattenLabel',
    'LoadMeasurement',
    'LoadPhoto',
    'Translate',
]
