"""Optimisers of a stage, by name: ``optimizer=dict(type='Adam', betas=(0.9, 0.999))``."""

from mmgenprior.inversion.optimizers.base import (
    Evaluation,
    SearchFunctions,
    SearchOptimizer,
    StreamsOf,
    build_optimizer,
)
from mmgenprior.inversion.optimizers.first_order import SGD, Adam
from mmgenprior.inversion.optimizers.gauss_newton_cg import GaussNewtonCG
from mmgenprior.inversion.optimizers.langevin import Langevin
from mmgenprior.inversion.optimizers.lbfgs import LBFGS
from mmgenprior.inversion.optimizers.levenberg_marquardt import LevenbergMarquardt
from mmgenprior.inversion.optimizers.normalized_gradient import NormalizedGradient

__all__ = [
    'LBFGS',
    'SGD',
    'Adam',
    'Evaluation',
    'GaussNewtonCG',
    'Langevin',
    'LevenbergMarquardt',
    'NormalizedGradient',
    'SearchFunctions',
    'SearchOptimizer',
    'StreamsOf',
    'build_optimizer',
]
