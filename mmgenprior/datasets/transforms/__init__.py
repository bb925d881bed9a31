"""Transforms of a restoration pipeline."""

from mmgenprior.datasets.transforms.degrade import Degrade, LoadMeasurement
from mmgenprior.datasets.transforms.load_photo import LoadPhoto, LoadSampleImage, Translate

__all__ = ['Degrade', 'LoadMeasurement', 'LoadPhoto', 'LoadSampleImage', 'Translate']
