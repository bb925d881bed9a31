"""Metrics and the evaluator of restorations."""

from mmgenprior.evaluation.evaluator import RestorationEvaluator
from mmgenprior.evaluation.frechet import feature_statistics, frechet_distance
from mmgenprior.evaluation.metrics import MeasurementConsistency, PooledPSNR
from mmgenprior.evaluation.random_features import RandomFeatures

__all__ = [
    'MeasurementConsistency',
    'PooledPSNR',
    'RandomFeatures',
    'RestorationEvaluator',
    'feature_statistics',
    'frechet_distance',
]
