"""Hooks of the runner."""

from mmgenprior.engine.hooks.progress_hook import InversionProgressHook
from mmgenprior.engine.hooks.report_hook import RestorationReportHook

__all__ = ['InversionProgressHook', 'RestorationReportHook']
