"""The inversion engine: initialisation, objective, stages and the one solver."""

from mmgenprior.inversion.candidates import BestOfCandidates
from mmgenprior.inversion.discriminator import DiscriminatorFeatures
from mmgenprior.inversion.initialization import (
    GivenLatents,
    Initialization,
    RandomLatents,
    ZeroLatents,
)
from mmgenprior.inversion.inversion import Inversion, InversionResult
from mmgenprior.inversion.objective import (
    DataFidelity,
    Estimate,
    LatentNorm,
    Objective,
    ObjectiveTerm,
)
from mmgenprior.inversion.perceptual import PerceptualFeatures
from mmgenprior.inversion.progress import InversionProgress
from mmgenprior.inversion.realism import AdversarialPrior, UniformLatentPrior
from mmgenprior.inversion.results import StageResult
from mmgenprior.inversion.solver import Problem, run_stage
from mmgenprior.inversion.stages import EarlyStop, Stage

__all__ = [
    'AdversarialPrior',
    'BestOfCandidates',
    'DataFidelity',
    'DiscriminatorFeatures',
    'EarlyStop',
    'Estimate',
    'GivenLatents',
    'Initialization',
    'Inversion',
    'InversionProgress',
    'InversionResult',
    'LatentNorm',
    'Objective',
    'ObjectiveTerm',
    'PerceptualFeatures',
    'Problem',
    'RandomLatents',
    'Stage',
    'StageResult',
    'UniformLatentPrior',
    'ZeroLatents',
    'run_stage',
]
