"""The inversion engine: start, objective, stages and the one solver."""

from mmgenprior.inversion.callbacks import RunningStage, SearchCallback
from mmgenprior.inversion.encoder_training import EncoderTraining
from mmgenprior.inversion.features import FreeFeatures
from mmgenprior.inversion.generation import generate, generate_iterate
from mmgenprior.inversion.inversion import Inversion, InversionResult
from mmgenprior.inversion.iterate import Iterate
from mmgenprior.inversion.low_rank import LowRank
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
from mmgenprior.inversion.step import Problem
from mmgenprior.inversion.stopping import EarlyStop
from mmgenprior.inversion.terms import (
    AdversarialTerm,
    DataFidelityTerm,
    DiscriminatorFeaturesTerm,
    Estimate,
    LatentBoxTerm,
    LatentNormTerm,
    LikelihoodTerm,
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
    'FreeFeatures',
    'GivenStart',
    'Inversion',
    'InversionResult',
    'Iterate',
    'LatentBoxTerm',
    'LatentEncoder',
    'LatentNormTerm',
    'LikelihoodTerm',
    'LowRank',
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
    'generate_iterate',
    'run_stage',
]
