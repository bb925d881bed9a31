"""Metrics and the evaluator of restorations."""

from mmgenprior.evaluation.evaluator import RestorationEvaluator
from mmgenprior.evaluation.metrics import MeasurementConsistency, PooledPSNR

__all__ = ['MeasurementConsistency', 'PooledPSNR', 'RestorationEvaluator']
