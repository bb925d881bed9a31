"""Metrics and the evaluator of restorations."""

from mmgenprior.evaluation.backbones import MetricUnavailable
from mmgenprior.evaluation.classification import AttackedAccuracy, ClassifierAccuracy
from mmgenprior.evaluation.colorization import ColorizationAuC, colorization_auc
from mmgenprior.evaluation.coverage import Coverage
from mmgenprior.evaluation.dgp_conventions import DGPMetrics, dgp_metrics
from mmgenprior.evaluation.evaluator import RestorationEvaluator
from mmgenprior.evaluation.frechet import feature_statistics, frechet_distance
from mmgenprior.evaluation.identity import FaceIdentity
from mmgenprior.evaluation.lpips_metric import LPIPS
from mmgenprior.evaluation.metrics import RMSE, MeasurementConsistency, PooledPSNR
from mmgenprior.evaluation.niqe import PictureNIQE
from mmgenprior.evaluation.noise_level import NoiseLevel
from mmgenprior.evaluation.random_features import RandomFeatures
from mmgenprior.evaluation.region import RegionPSNR, RegionSSIM, hole_of
from mmgenprior.evaluation.set_distances import fid_and_kid
from mmgenprior.evaluation.stand_in import StandInAccuracy

__all__ = [
    'AttackedAccuracy',
    'ClassifierAccuracy',
    'ColorizationAuC',
    'Coverage',
    'DGPMetrics',
    'FaceIdentity',
    'LPIPS',
    'MeasurementConsistency',
    'MetricUnavailable',
    'NoiseLevel',
    'PictureNIQE',
    'PooledPSNR',
    'RMSE',
    'RandomFeatures',
    'RegionPSNR',
    'RegionSSIM',
    'RestorationEvaluator',
    'StandInAccuracy',
    'colorization_auc',
    'dgp_metrics',
    'feature_statistics',
    'fid_and_kid',
    'frechet_distance',
    'hole_of',
]
