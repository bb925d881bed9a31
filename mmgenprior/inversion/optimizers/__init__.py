"""Optimisers of a stage, by name: ``optimizer=dict(type='Adam', betas=(0.9, 0.999))``."""

from mmgenprior.inversion.optimizers.base import (
    Evaluation,
    SearchFunctions,
    SearchOptimizer,
    build_optimizer,
)
from mmgenprior.inversion.optimizers.first_order import SGD, Adam
from mmgenprior.inversion.optimizers.levenberg_marquardt import LevenbergMarquardt

__all__ = [
    'SGD',
    'Adam',
    'Evaluation',
    'LevenbergMarquardt',
    'SearchFunctions',
    'SearchOptimizer',
    'build_optimizer',
]
