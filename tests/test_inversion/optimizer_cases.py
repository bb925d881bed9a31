"""What the tests of optimisers share; a new optimiser joins ``OPTIMIZERS`` and its laws."""

import importlib.util
from pathlib import Path

import pytest
import torch
from torch import nn

from mmgenprior.degradations import build_degradation
from mmgenprior.inversion import Objective, Problem, Stage, run_stage
from mmgenprior.priors import Prior

# The families' small builds stand beside the tests of priors.
_spec = importlib.util.spec_from_file_location(
    'prior_cases', Path(__file__).parents[1] / 'test_priors' / 'conftest.py'
)
families = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(families)

# name: (config, step size of latents, moves weights, needs a sum of squares, descends)
OPTIMIZERS = {
    'Adam': (dict(type='Adam'), 0.1, True, False, True),
    'SGD': (dict(type='SGD', momentum=0.5), 1.0, True, False, True),
    'NormalizedGradient': (dict(type='NormalizedGradient'), 0.05, True, False, True),
    'NormalizedGradient-vector': (
        dict(type='NormalizedGradient', per='vector'),
        0.05,
        True,
        False,
        True,
    ),
    'LBFGS': (dict(type='LBFGS', memory=4), 0.1, True, False, True),
    'LevenbergMarquardt': (dict(type='LevenbergMarquardt', chunk=7), 0.1, False, True, True),
    'LevenbergMarquardt-Broyden': (
        dict(type='LevenbergMarquardt', refresh=3),
        0.1,
        False,
        True,
        True,
    ),
    'GaussNewtonCG': (dict(type='GaussNewtonCG', products=6), 0.1, True, True, True),
    'Langevin': (dict(type='Langevin'), 1e-4, True, False, False),
    'Langevin-none': (dict(type='Langevin', preconditioner='none'), 1e-3, True, False, False),
    'Langevin-Jacobian': (
        dict(type='Langevin', preconditioner='jacobian'),
        1e-2,
        False,
        True,
        False,
    ),
}
every = pytest.mark.parametrize('name', OPTIMIZERS)
WITH_WEIGHTS = [name for name, case in OPTIMIZERS.items() if case[2]]
LEAST_SQUARES = [name for name, case in OPTIMIZERS.items() if case[3]]
DESCENDING = [name for name, case in OPTIMIZERS.items() if case[4]]
SECOND_ORDER = ['LBFGS', 'LevenbergMarquardt', 'LevenbergMarquardt-Broyden', 'GaussNewtonCG']


def stage_of(name, iterations, **changes):
    config, rate, *_ = OPTIMIZERS[name]
    given = dict(name='stage', iterations=iterations, latent_lr=rate, optimizer=config, keep='last')
    return Stage(**given | changes)


def streams(count, first=0):
    return [torch.Generator().manual_seed(first + i) for i in range(count)]


def problem_of(prior, y, degradation=None, terms=(dict(type='DataFidelityTerm'),)):
    degradation = degradation or build_degradation(dict(physics=dict(type='Identity')))
    return Problem(prior, degradation.bind({}, prior.image_shape), y, Objective(terms))


def run(parts, stage, latents, first=0, **options):
    draws = streams(len(parts.y), first)
    return run_stage(parts, stage, latents, streams=draws, keep_weights=True, **options)


@pytest.fixture
def small(prior, degradation, y):
    """The small BEGAN in float64, its measurements, and five starts."""
    start = torch.randn(5, 10, generator=torch.Generator().manual_seed(1)).double()
    return prior.double(), degradation, y.double(), {'z': start}


class LinearGenerator(nn.Module):
    """Latents B×6 to images, linearly."""

    noise_size = 6

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 3 * 8 * 8)

    def forward(self, z):
        return self.layer(z).view(-1, 3, 8, 8)


class LinearPrior(Prior):
    """The linear generator as a prior."""

    generator_types = ('LinearGenerator',)
    default_channel_order = 'rgb'
    image_size = 8

    def _layout(self):
        return [('layer', ['layer'])], []


@pytest.fixture
def linear():
    """A linear least-squares problem of four samples, its starts and its solution."""
    rng = torch.Generator().manual_seed(0)
    generator = LinearGenerator().double()
    with torch.no_grad():
        generator.layer.weight.copy_(torch.randn(192, 6, generator=rng))
        generator.layer.bias.zero_()
    prior = LinearPrior(generator)
    y = torch.randn(4, 3, 8, 8, generator=rng).double()
    matrix = torch.stack([(prior({'z': e[None]}) - prior({'z': 0 * e[None]})).flatten()
                          for e in torch.eye(6).double()], 1)  # fmt: skip
    offset = prior({'z': torch.zeros(1, 6).double()}).flatten()
    solution = torch.linalg.lstsq(matrix, (y.flatten(1) - offset).T).solution.T
    return problem_of(prior, y), {'z': torch.zeros(4, 6).double()}, solution
