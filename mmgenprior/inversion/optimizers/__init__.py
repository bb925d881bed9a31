"""Optimisers of a stage, by name: ``optimizer=dict(type='Adam', betas=(0.9, 0.999))``."""

from mmgenprior.inversion.optimizers.base import Evaluation, SearchOptimizer, build_optimizer
from mmgenprior.inversion.optimizers.first_order import SGD, Adam

__all__ = ['SGD', 'Adam', 'Evaluation', 'SearchOptimizer', 'build_optimizer']
