"""The variance of a linear problem is its exact posterior's; intervals hold what they say."""

import math

import pytest
import torch
from torch import nn

from mmgenprior.degradations import build_degradation
from mmgenprior.inversion import Objective, Problem, Stage
from mmgenprior.inversion.pixel_uncertainty import (
    LEVELS,
    calibration_factors,
    correlation_of,
    edge_weights,
    intervals,
    normal_quantile,
    pixel_variance,
)
from mmgenprior.inversion.posterior import laplace
from mmgenprior.priors import Prior
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError

SIDE, LATENTS = 8, 5
PIXELS = 3 * SIDE * SIDE
STAGE = Stage('latent', iterations=1, optimizer=dict(type='LevenbergMarquardt'))
IDENTITY = dict(type='Identity')
HOLE = dict(type='BoxMask', size=4)


class AffineGenerator(nn.Module):
    """z of 5 numbers to an image of 3×8×8."""

    noise_size = LATENTS

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(LATENTS, PIXELS)

    def forward(self, z):
        return self.layer(z).view(-1, 3, SIDE, SIDE)


class AffinePrior(Prior):
    """It as a prior, RGB on [0, 1]."""

    generator_types = ('AffineGenerator',)
    default_channel_order = 'rgb'
    image_size = SIDE

    def _layout(self):
        return [('layer', ['layer'])], []


@pytest.fixture
def prior():
    torch.manual_seed(0)
    return AffinePrior(AffineGenerator(), output_range=(0.0, 1.0)).double()


def measured(images, physics, sigma):
    """A batch of float64 measurements of images, and σ of their noise."""
    noise = dict(type='GaussianNoise', sigma=sigma) if sigma else None
    degradation = build_degradation(dict(physics=physics, noise=noise, centre=0.5))
    params = {'sigma': torch.full((len(images),), sigma, dtype=torch.float64)} if sigma else {}
    generators = [torch.Generator().manual_seed(i) for i in range(len(images))]
    y = degradation.measure(images, params, generators)
    keys = [str(i) for i in range(len(images))]
    return MeasurementBatch(y, degradation, (3, SIDE, SIDE), keys, params)


def optimum(prior, batch, level):
    """Mode and exact precision of z for one noise level of all that is measured."""
    weight = prior.generator.layer.weight.detach()
    seen = batch.bound().predict(torch.ones(1, 3, SIDE, SIDE).double()) != 0
    matrix = weight * seen.view(-1, 1)
    rest = batch.y - batch.bound().predict(prior({'z': weight.new_zeros(1, LATENTS)}))
    precision = matrix.T @ matrix / level + torch.eye(LATENTS, dtype=torch.float64)
    z = torch.linalg.solve(precision, matrix.T @ rest.flatten(1).T / level).T
    return {'z': z}, precision, matrix


def posterior_of(prior, batch, latents):
    terms = [dict(type='LikelihoodTerm'), dict(type='LatentNormTerm', reduction='sum')]
    problem = Problem(prior, batch.bound(), batch.y, Objective(terms).double())
    return laplace(problem, STAGE, latents)


def test_of_a_linear_generator_it_is_the_exact_variance(prior):
    """Noise alone: diag(W (WᵀW/σ² + 1)⁻¹ Wᵀ), to the rounding of float64."""
    z = torch.randn(2, LATENTS, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    sigma = 0.3
    batch = measured(prior({'z': z}), HOLE, sigma)
    # A residual below the noise: what the generator cannot draw is nothing.
    batch.y = batch.bound().predict(prior({'z': 0.9 * z}))
    batch._bound = None
    latents, precision, _ = optimum(prior, batch, sigma**2)
    weight = prior.generator.layer.weight.detach()
    exact = (weight @ torch.linalg.inv(precision) * weight).sum(1).view(3, SIDE, SIDE)
    found = pixel_variance(prior, batch, latents, posterior_of(prior, batch, latents), chunk=2)
    # The factor of the posterior is kept positive by 1e-9 of its mean.
    torch.testing.assert_close(found, exact.expand(2, 3, SIDE, SIDE), rtol=1e-7, atol=0)


@pytest.mark.parametrize('sigma', [0.0, 0.2])
@pytest.mark.parametrize('physics', [IDENTITY, HOLE], ids=['identity', 'hole'])
def test_what_the_generator_cannot_draw_is_part_of_it(prior, physics, sigma):
    """x = G(z) + e: the posterior of a joint normal, computed by dense algebra."""
    generator = torch.Generator().manual_seed(2)
    z = torch.randn(1, LATENTS, dtype=torch.float64, generator=generator)
    missed = 0.4 * torch.randn(1, 3, SIDE, SIDE, dtype=torch.float64, generator=generator)
    batch = measured(prior({'z': z}) + missed, physics, sigma)
    latents, _, matrix = optimum(prior, batch, 0.2)
    posterior = posterior_of(prior, batch, latents)
    found = pixel_variance(prior, batch, latents, posterior, correlation=1.0)[0].flatten()

    residual = batch.bound().predict(prior(latents)) - batch.y
    observed = matrix.abs().sum(1) > 0
    determined = LATENTS - torch.linalg.inv(posterior.factor @ posterior.factor.mT)[0].trace()
    own = residual.square().sum() / (observed.sum() - determined) - sigma**2
    assert own > 0.05
    weight = prior.generator.layer.weight.detach()
    unit = torch.eye(PIXELS, dtype=torch.float64)
    covariance = weight @ weight.T + own * unit
    rows = unit[observed]
    gained = rows @ covariance @ rows.T + sigma**2 * torch.eye(len(rows), dtype=torch.float64)
    taken = covariance @ rows.T @ torch.linalg.solve(gained, rows @ covariance)
    exact = (covariance - taken).diagonal()
    torch.testing.assert_close(found, exact, rtol=1e-6, atol=1e-9)
    if not sigma:
        assert found[observed].max() < 1e-12 < found.max() or not (~observed).any()


def test_a_sample_does_not_know_its_batch(prior):
    z = torch.randn(3, LATENTS, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    boxes = dict(type='RandomBoxesMask', side_mean=3, side_std=1, min_side=2)
    drawn = torch.rand(3, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(4))
    masks = (drawn > 0.4).double()
    degradation = build_degradation(dict(physics=boxes, centre=0.5))
    y = degradation.bind({'mask': masks}, (3, SIDE, SIDE)).predict(prior({'z': z}) + 0.2)
    batch = MeasurementBatch(y, degradation, (3, SIDE, SIDE), list('abc'), {'mask': masks})
    latents = {'z': z + 0.1}
    together = pixel_variance(prior, batch, latents, posterior_of(prior, batch, latents))
    for i in range(3):
        one, own = batch.take([i]), {'z': latents['z'][i : i + 1]}
        alone = pixel_variance(prior, one, own, posterior_of(prior, one, own))
        torch.testing.assert_close(alone[0], together[i], rtol=1e-9, atol=1e-12)


def test_intervals_of_a_linear_problem_are_nominal(prior):
    """1,000 truths from the prior, restored by their mean: the shares are those of the levels."""
    count, sigma = 1000, 0.5
    generator = torch.Generator().manual_seed(5)
    z = torch.randn(count, LATENTS, dtype=torch.float64, generator=generator)
    truth = prior({'z': z})
    batch = measured(truth, HOLE, sigma)
    latents, _, _ = optimum(prior, batch, sigma**2)
    # The variance is the same for all; a residual of 0 says that the noise is all there is.
    one, mode = batch.take([0]), {'z': latents['z'][:1]}
    one.y = one.bound().predict(prior(mode))
    variance = pixel_variance(prior, one, mode, posterior_of(prior, one, mode))
    error = (prior(latents) - truth).abs()
    for level in LEVELS:
        inside = (error <= normal_quantile(level) * variance.sqrt()).double().mean().item()
        # As if the pixels of an image were one number; they are not quite.
        allowed = 4 * math.sqrt(level / 100 * (1 - level / 100) / count)
        assert inside == pytest.approx(level / 100, abs=allowed), level


def test_bounds_have_the_quantiles_and_stay_in_the_range():
    centre, variance = torch.full((1, 3, 2, 2), 0.5), torch.full((1, 3, 2, 2), 0.01)
    found = intervals(centre, variance, [1.0, 2.0, 10.0])
    assert list(found) == list(LEVELS)
    torch.testing.assert_close(found[50][:, 1] - centre, torch.full_like(centre, 0.067449))
    torch.testing.assert_close(centre - found[90][:, 0], torch.full_like(centre, 2 * 0.1644854))
    assert found[95].min() == 0 and found[95].max() == 1
    assert calibration_factors(2) == (2.0, 2.0, 2.0)
    for wrong in (0, [1.0, 2.0], [1.0, 1.0, -1.0]):
        with pytest.raises(UserError, match='calibration='):
            calibration_factors(wrong)


def test_correlation_counts_what_hangs_together():
    white = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(6)).double()
    assert correlation_of(white).max() < 1.5
    blocks = white[..., ::4, ::4].repeat_interleave(4, -1).repeat_interleave(4, -2)
    torch.testing.assert_close(
        correlation_of(blocks), torch.full((2,), 16.0).double(), rtol=0.3, atol=0
    )
    # Outside of a hole nothing changes; and a vector is white.
    seen = torch.ones(1, 1, 64, 64, dtype=torch.bool)
    seen[..., 16:48, 16:48] = False
    masked = torch.where(seen, blocks, 100.0)
    torch.testing.assert_close(
        correlation_of(masked, seen), torch.full((2,), 16.0).double(), rtol=0.3, atol=0
    )
    assert correlation_of(torch.ones(2, 7)).tolist() == [1, 1]


def test_edges_weigh_and_flat_areas_do_not():
    image = torch.zeros(1, 3, 16, 16, dtype=torch.float64)
    image[..., 8:] = 1
    weights = edge_weights(image, share=0.5)
    assert weights.mean() == pytest.approx(0.5)
    assert weights[..., 7:9].min() > 100 * weights[..., :4].max()
    torch.testing.assert_close(edge_weights(image * 0, 0.5), torch.full_like(image, 0.5))
