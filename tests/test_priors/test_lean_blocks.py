import copy

import pytest
import torch
from mmagic.registry import MODELS

from mmgenprior.benchmark.stock_layers import use_stock_layers
from mmgenprior.priors import folded_convolution
from mmgenprior.priors.discriminators import Discriminator
from mmgenprior.priors.lean_blocks import LeanDiscResBlock, LeanGenResBlock
from mmgenprior.priors.zoo import build_prior
from mmgenprior.weights.catalogue import find_entry

from .conftest import CONFIGS, build, enliven, latents_of


def as_stock(network):
    """A copy of the network with the layers that MMagic gave it."""
    network = copy.deepcopy(network)
    use_stock_layers(network)
    return network


@pytest.fixture(params=[32, 0], ids=['as it is', 'folded everywhere'])
def sides(request, monkeypatch):
    monkeypatch.setattr(folded_convolution, '_DTYPES', [torch.float64])
    monkeypatch.setattr(folded_convolution, '_SIDE_AT_REST', request.param)
    monkeypatch.setattr(folded_convolution, '_SIDE_MOVING', 2 * request.param)


@pytest.mark.parametrize('name', ['biggan', 'biggan-torch', 'began', 'pggan', 'pggan-plain'])
def test_the_generator_is_the_stock_one(sides, name):
    prior = enliven(build(CONFIGS[name])).double()
    stock = as_stock(prior)
    if 'biggan' in name:
        assert {type(m) for m in prior.modules()} >= {LeanGenResBlock}
        assert not {type(m) for m in stock.modules()} & {LeanGenResBlock}
    latents = {k: v.double().requires_grad_() for k, v in latents_of(prior, 2).items()}
    for weights_move in (False, True):
        found = []
        for one in (prior, stock):
            one.requires_grad_(weights_move)
            image = one(latents)
            moved = [*latents.values(), *(p for p in one.parameters() if p.requires_grad)]
            gradients = torch.autograd.grad(image.square().sum(), moved, allow_unused=True)
            found.append([image, *(g for g in gradients if g is not None)])
        for ours, wanted in zip(*found):
            scale = wanted.detach().abs().max().item()
            torch.testing.assert_close(ours, wanted, rtol=1e-9, atol=1e-9 * scale)


def test_the_discriminator_is_the_stock_one(sides):
    ours = Discriminator('biggan_toyfaces').double()
    stock = as_stock(ours)
    assert any(type(m) is LeanDiscResBlock for m in ours.modules())
    image = torch.rand(2, 3, 64, 64, dtype=torch.float64, requires_grad=True)
    for one, other in zip(ours.features(image), stock.features(image)):
        torch.testing.assert_close(one, other)
        (gradient,), (wanted,) = (
            torch.autograd.grad(f.square().sum(), image, retain_graph=True) for f in (one, other)
        )
        torch.testing.assert_close(gradient, wanted, rtol=1e-9, atol=1e-9)


def test_in_float64_not_a_bit_differs():
    prior = build_prior('biggan_toyfaces').double()
    latents = {k: torch.ones(1, *shape).double() for k, shape in prior.latent_shapes.items()}
    assert torch.equal(prior(latents), as_stock(prior)(latents))


def test_an_activation_in_place_is_seen_by_the_shortcut_as_in_the_stock_block(sides):
    config = dict(find_entry('biggan_toyfaces').discriminator)
    network = MODELS.build({**config, 'act_cfg': dict(type='ReLU', inplace=True)})
    ours = Discriminator(network.eval().double())
    stock = as_stock(ours)
    image = torch.rand(1, 3, 64, 64, dtype=torch.float64)
    for one, other in zip(ours.features(image), stock.features(image)):
        torch.testing.assert_close(one, other)


def test_keys_are_those_of_mmagic():
    prior = build_prior('biggan_toyfaces')
    assert prior.state_dict().keys() == as_stock(prior).state_dict().keys()
