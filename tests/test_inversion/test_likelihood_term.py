"""The likelihood with a noise level that the residual tells, but never below the measurement's."""

import math

import pytest
import torch

from mmgenprior.degradations import build_degradation
from mmgenprior.inversion import Estimate, LikelihoodTerm

SHAPE = (3, 2, 2)


def bound(sigma):
    config = dict(physics=dict(type='Identity'), noise=dict(type='GaussianNoise', sigma=sigma))
    return build_degradation(config).bind({'sigma': torch.tensor([sigma])}, SHAPE)


def value(term, error, sigma):
    y = torch.zeros(1, *SHAPE, dtype=torch.float64)
    prediction = torch.full_like(y, error)
    return term(Estimate(prediction, prediction, {}), term.prepare(y, bound(sigma)))


def test_it_is_the_likelihood_at_the_larger_of_the_two_levels():
    term = LikelihoodTerm(floor=1e-3)
    for error, level in ((0.2, 0.2), (0.05, 0.1)):
        # −log N(r; 0, level²) of 12 numbers, without what no variable changes.
        expected = 12 * (math.log(level / 1e-3) + (error / level) ** 2 / 2 - 0.5)
        assert value(term, error, sigma=0.1).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize('scale', [0.02, 1.0])
def test_the_residual_has_its_gradient(scale):
    term = LikelihoodTerm()
    generator = torch.Generator().manual_seed(0)
    y = torch.rand(1, *SHAPE, generator=generator, dtype=torch.float64)
    x = (y + scale * torch.randn(y.shape, generator=generator)).requires_grad_(True)
    target = term.prepare(y, bound(0.1))
    estimate = Estimate(x, x, {})
    (own,) = torch.autograd.grad(term(estimate, target).sum(), x)
    (squares,) = torch.autograd.grad(term.residual(estimate, target).square().sum(), x)
    torch.testing.assert_close(own, squares)


def test_floor_must_be_positive():
    with pytest.raises(ValueError, match='floor'):
        LikelihoodTerm(floor=0)
