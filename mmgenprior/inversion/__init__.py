"""The inversion engine: start, objective, stages and the one solver."""

from mmgenprior.inversion.callbacks import RunningStage, SearchCallback
from mmgenprior.inversion.encoder_training import EncoderTraining
from mmgenprior.inversion.inversion import Inversion, InversionResult
from mmgenprior.inversion.objective import Objective
from mmgenprior.inversion.optimizers import SearchOptimizer
from mmgenprior.inversion.results import StageResult
from mmgenprior.inversion.solver import run_stage
from mmgenprior.inversion.stages import Stage
from mmgenprior.inversion.starts import (
    CandidatesStart,
    EncoderStart,
    GivenStart,
    LatentEncoder,
    RandomStart,
    Start,
)
from mmgenprior.inversion.step import Problem, generate
from mmgenprior.inversion.stopping import EarlyStop
from mmgenprior.inversion.terms import (
    AdversarialTerm,
    DataFidelityTerm,
    DiscriminatorFeaturesTerm,
    Estimate,
    LatentBoxTerm,
    LatentNormTerm,
    ObjectiveTerm,
    PerceptualFeaturesTerm,
)

__all__ = [
    'AdversarialTerm',
    'CandidatesStart',
    'DataFidelityTerm',
    'DiscriminatorFeaturesTerm',
    'EarlyStop',
    'EncoderStart',
    'EncoderTraining',
    'Estimate',
    'GivenStart',
    'Inversion',
    'InversionResult',
    'LatentBoxTerm',
    'LatentEncoder',
    'LatentNormTerm',
    'Objective',
    'ObjectiveTerm',
    'PerceptualFeaturesTerm',
    'Problem',
    'RandomStart',
    'RunningStage',
    'SearchCallback',
    'SearchOptimizer',
    'Stage',
    'StageResult',
    'Start',
    'generate',
    'run_stage',
]
