"""What MMEngine's runner needs to drive a restoration."""

from mmgenprior.engine.hooks import (
    InversionProgressHook,
    MapsHook,
    RestorationReportHook,
)
from mmgenprior.engine.loops import RestorationTestLoop
from mmgenprior.engine.samplers import EpochSampler, RestorationSampler

__all__ = [
    'EpochSampler',
    'InversionProgressHook',
    'MapsHook',
    'RestorationReportHook',
    'RestorationSampler',
    'RestorationTestLoop',
]
