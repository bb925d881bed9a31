"""Hooks of the runner."""

from mmgenprior.engine.hooks.channels_last import ChannelsLastHook
from mmgenprior.engine.hooks.growing_data import GrowingDataHook
from mmgenprior.engine.hooks.maps_hook import MapsHook
from mmgenprior.engine.hooks.progress_hook import InversionProgressHook
from mmgenprior.engine.hooks.report_hook import RestorationReportHook
from mmgenprior.engine.hooks.vis_backends import VisBackendsHook

__all__ = [
    'ChannelsLastHook',
    'GrowingDataHook',
    'InversionProgressHook',
    'MapsHook',
    'RestorationReportHook',
    'VisBackendsHook',
]
