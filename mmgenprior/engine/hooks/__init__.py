"""Hooks of the runner."""

from mmgenprior.engine.hooks.report_hook import RestorationReportHook

__all__ = ['RestorationReportHook']
