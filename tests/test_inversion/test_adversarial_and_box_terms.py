"""The adversarial term is its formula, and uniform latents stay in their box."""

import pytest
import torch

from mmgenprior.inversion import (
    AdversarialTerm,
    Estimate,
    LatentBoxTerm,
    Objective,
    Problem,
    Stage,
    run_stage,
)
from mmgenprior.utils.errors import UserError

DISCRIMINATOR = dict(
    type='DCGANDiscriminator', input_scale=16, output_scale=4, out_channels=1, base_channels=4
)


@pytest.fixture(scope='module')
def term():
    return AdversarialTerm(DISCRIMINATOR).double()


@pytest.fixture(scope='module')
def image():
    return torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(0)).double()


def estimate(image, z=None):
    return Estimate(image, image, {} if z is None else {'z': z})


def test_value_is_the_formula_of_the_paper(term, image):
    # MMagic's networks take BGR in [-1, 1].
    probability = term.discriminator.network(image.flip(1) * 2 - 1).sigmoid()[:, 0]
    expected = (1 - probability).log() - probability.log()
    torch.testing.assert_close(term(estimate(image)), expected, rtol=1e-12, atol=1e-12)


def test_gradient_in_float64(term, image):
    start = image[:1].clone().requires_grad_(True)
    assert torch.autograd.gradcheck(lambda x: term(estimate(x)), [start], fast_mode=True)
    assert not any(p.requires_grad for p in term.parameters())


def test_neither_saturates_nor_overflows(image):
    term = AdversarialTerm(DISCRIMINATOR)
    with torch.no_grad():
        term.discriminator.network.output_layer.conv.bias.fill_(200.0)  # D = 1 in any float
    start = image.float().requires_grad_(True)
    value = term(estimate(start))
    value.sum().backward()
    assert (value < -150).all()
    assert start.grad.abs().amax((1, 2, 3)).min() > 0


def test_samples_do_not_meet_even_in_train_mode(term, image):
    together = term.train()(estimate(image))
    alone = torch.cat([term(estimate(image[i : i + 1])) for i in range(3)])
    torch.testing.assert_close(together, alone, rtol=1e-12, atol=1e-12)


def test_other_ends_of_the_discriminator(term, image):
    network = term.discriminator.network
    judge = dict(type='Discriminator', network=network, input_range=(0, 1), channel_order='rgb')
    other = AdversarialTerm(judge)
    expected = -network(image)[:, 0]
    torch.testing.assert_close(other(estimate(image)), expected, rtol=0, atol=0)
    with pytest.raises(UserError, match='grb'):
        AdversarialTerm(judge | dict(channel_order='grb'))


def test_the_box_is_a_constraint(image):
    z = torch.tensor([[0.5, -1.0], [0.0, 1.1], [1.0, 0.0]]).double()
    assert LatentBoxTerm()(estimate(image, z)).tolist() == [0, float('inf'), 0]
    assert LatentBoxTerm(2.0)(estimate(image, z)).tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match='box'):
        LatentBoxTerm(0.0)


@pytest.mark.parametrize('keep', ['best', 'last', 'last_forward'])
def test_latents_stay_in_the_box_of_their_stage(prior, degradation, y, keep):
    bound = degradation.bind({}, prior.image_shape)
    objective = Objective([dict(type='DataFidelityTerm'), dict(type='LatentBoxTerm', box=0.4)])
    problem = Problem(prior, bound, y, objective)
    stage = dict(name='box', iterations=8, latent_lr=0.3, keep=keep)
    start = {'z': torch.randn(5, 10, generator=torch.Generator().manual_seed(1))}
    inside = run_stage(problem, Stage(**stage, latent_box=0.4), start)
    largest = inside.latents['z'].abs().max()
    assert largest <= 0.4 and torch.isclose(largest, torch.tensor(0.4))
    assert torch.isfinite(inside.trace).all()
    # The start lies outside, so without the projection the first iterates are barred.
    assert torch.isinf(run_stage(problem, Stage(**stage), start).trace[0]).all()


def test_an_empty_box_is_refused():
    with pytest.raises(ValueError, match='latent_box'):
        Stage('box', iterations=1, latent_box=0.0)
