"""The Laplace posterior of a linear problem is its exact posterior."""

import pytest
import torch
from torch import nn

from mmgenprior.degradations import build_degradation
from mmgenprior.inversion import Objective, Problem, Stage, run_stage
from mmgenprior.inversion.posterior import laplace
from mmgenprior.priors import Prior
from mmgenprior.utils.errors import UserError

SIGMA = 0.1


class LinearGenerator(nn.Module):
    """z of 4 numbers to an image of 3×4×4, affine."""

    noise_size = 4

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 48)

    def forward(self, z):
        return self.layer(z).view(-1, 3, 4, 4)


class LinearPrior(Prior):
    """The affine generator as a prior, RGB on [0, 1]."""

    generator_types = ('LinearGenerator',)
    default_channel_order = 'rgb'
    image_size = 4

    def _layout(self):
        return [('layer', ['layer'])], []


@pytest.fixture
def problem():
    torch.manual_seed(0)
    prior = LinearPrior(LinearGenerator(), output_range=(0.0, 1.0)).double()
    config = dict(physics=dict(type='Identity'), noise=dict(type='GaussianNoise', sigma=SIGMA))
    bound = build_degradation(config).bind({'sigma': torch.full((2,), SIGMA)}, (3, 4, 4))
    truth = torch.randn(2, 4, dtype=torch.float64)
    y = bound.predict(prior({'z': truth}))
    terms = [dict(type='LikelihoodTerm'), dict(type='LatentNormTerm', reduction='sum')]
    return Problem(prior, bound, y, Objective(terms)), truth


STAGE = Stage('latent', iterations=1, optimizer=dict(type='LevenbergMarquardt'))


def test_it_is_the_exact_posterior_of_a_linear_problem(problem):
    problem, optimum = problem
    posterior = laplace(problem, STAGE, {'z': optimum})
    matrix = problem.prior.generator.layer.weight.detach()
    # The residual is below the noise, so the measurement's own σ counts.
    exact = matrix.T @ matrix / SIGMA**2 + torch.eye(4, dtype=torch.float64)
    precision = posterior.factor @ posterior.factor.mT
    torch.testing.assert_close(precision, exact.expand(2, 4, 4), rtol=1e-7, atol=1e-6)


def test_draws_have_its_covariance_and_belong_to_the_sample(problem):
    problem, optimum = problem
    posterior = laplace(problem, STAGE, {'z': optimum})

    def draw(samples, count):
        return posterior.draw([torch.Generator().manual_seed(s) for s in samples], count)['z']

    many = draw([0, 1], 4000).view(2, 4000, 4)
    for i in range(2):
        covariance = torch.linalg.inv(posterior.factor[i] @ posterior.factor[i].T)
        torch.testing.assert_close(many[i].T.cov(), covariance, rtol=0.15, atol=1e-4)
        deviation = covariance.diagonal().sqrt() / 4000**0.5
        assert ((many[i].mean(0) - optimum[i]).abs() < 4 * deviation).all()
    assert torch.equal(draw([0, 1], 3).view(2, 3, 4), many[:, :3])


def test_a_term_that_is_no_sum_of_squares_is_named(problem):
    problem, optimum = problem
    network = dict(
        type='DCGANDiscriminator', input_scale=4, output_scale=4, out_channels=1, base_channels=2
    )
    terms = [dict(type='LikelihoodTerm'), dict(type='AdversarialTerm', discriminator=network)]
    problem.objective = Objective(terms).double()
    with pytest.raises(UserError, match='AdversarialTerm is no sum of squares'):
        laplace(problem, STAGE, {'z': optimum})


class BentGenerator(LinearGenerator):
    """The affine generator through a bend: x = u + u²/4."""

    def forward(self, z):
        straight = super().forward(z)
        return straight + 0.25 * straight.square()


class BentPrior(LinearPrior):
    """It as a prior."""

    generator_types = ('BentGenerator',)


def test_langevin_agrees_where_the_problem_is_nearly_linear():
    """Mean and deviation of samples that know nothing of the quadratic approximation."""
    torch.manual_seed(0)
    prior = BentPrior(BentGenerator(), output_range=(0.0, 1.0)).double()
    sigma, chains, step = 0.1, 1000, 0.05
    generator = torch.Generator().manual_seed(1)
    truth = torch.randn(1, 4, dtype=torch.float64, generator=generator)
    bound = build_degradation(dict(physics=dict(type='Identity'))).bind({}, (3, 4, 4))
    y = prior({'z': truth})
    y = y + sigma * torch.randn(y.shape, dtype=torch.float64, generator=generator)
    # A density in full; LikelihoodTerm's noise level moves with the residual of a sample.
    terms = [
        dict(type='DataFidelityTerm', reduction='sum', weight=0.5 / sigma**2),
        dict(type='LatentNormTerm', reduction='sum'),
    ]
    problem = Problem(prior, bound, y, Objective(terms))
    search = Stage('latent', 30, optimizer=dict(type='LevenbergMarquardt'), keep='last')
    optimum = run_stage(problem, search, {'z': truth * 0}).latents
    posterior = laplace(problem, search, optimum)

    dynamics = dict(type='Langevin', preconditioner='jacobian')
    stage = Stage('samples', 200, latent_lr=step, optimizer=dynamics, keep='last')
    many = Problem(prior, bound, y.expand(chains, -1, -1, -1), problem.objective)
    streams = [torch.Generator().manual_seed(i) for i in range(chains)]
    start = {'z': optimum['z'].expand(chains, -1)}
    samples = run_stage(many, stage, start, streams=streams).latents['z']

    covariance = torch.linalg.inv(posterior.factor[0] @ posterior.factor[0].T)
    deviation = covariance.diagonal().sqrt()
    # The problem is not linear: over a deviation the image leaves its tangent.
    away = optimum['z'] + deviation
    bend = prior({'z': away}) + prior({'z': 2 * optimum['z'] - away}) - 2 * prior(optimum)
    assert bend.abs().max() > 1e-3
    error = (samples.mean(0) - optimum['z'][0]) / deviation
    assert error.abs().max() < 4.5 / chains**0.5
    # The unadjusted steps are wide by a factor of 1/√(1 − h/2).
    ratio = samples.std(0) / deviation * (1 - step / 2) ** 0.5
    assert (ratio - 1).abs().max() < 4.5 / (2 * chains) ** 0.5
    correlation = covariance / deviation / deviation[:, None]
    assert (torch.corrcoef(samples.T) - correlation).abs().max() < 4.5 / chains**0.5
