"""Generators cut between their blocks, and several codes composed there."""

from types import SimpleNamespace

import pytest
import torch
from torch.func import functional_call

from mmgenprior.inversion import RandomStart
from mmgenprior.priors import MultiCodePrior, Prior
from mmgenprior.utils.errors import UserError

from .conftest import CONFIGS, build, latents_of


def multi(prior, layer, codes, **kwargs):
    return MultiCodePrior(prior, layer, codes, **kwargs)


def codes_of(prior, batch, codes, seed=0):
    """Latents B×N×..., all different."""
    flat = latents_of(prior, batch * codes, seed)
    return {name: value.unflatten(0, (batch, codes)) for name, value in flat.items()}


def middle(prior):
    return max(1, len(prior.blocks) // 2)


def test_head_and_tail_are_the_generator_at_every_layer(cut_prior, unfolded):
    latents = latents_of(cut_prior, 2)
    whole = cut_prior(latents)
    for layer in range(1, len(cut_prior.blocks)):
        cut = cut_prior.forward_until(latents, layer)
        assert cut.features.shape[0] == 2 and cut.features.ndim == 4
        assert torch.equal(cut_prior.forward_from(cut, layer), whole), layer


def test_one_code_of_weight_one_is_the_prior(cut_prior, unfolded):
    latents = latents_of(cut_prior, 2)
    one = multi(cut_prior, middle(cut_prior), 1)
    assert torch.equal(one.sample_latents(torch.Generator())['alpha'], torch.ones(1, one.channels))
    single = {name: value.unsqueeze(1) for name, value in latents.items()}
    single['alpha'] = torch.ones(2, 1, one.channels)
    assert torch.equal(one(single), cut_prior(latents))


def test_codes_compose_and_samples_stay_apart(cut_prior):
    several = multi(cut_prior, middle(cut_prior), 3)
    latents = codes_of(cut_prior, 2, 3)
    shape = (2, 3, several.channels)
    latents['alpha'] = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    image = several(latents)
    assert image.shape == (2, *cut_prior.image_shape) and image.isfinite().all()
    scale = image.max() - image.min()
    for i in range(2):
        alone = several({name: value[i : i + 1] for name, value in latents.items()})
        assert (alone - image[i : i + 1]).abs().max() < 1e-4 * scale
    order = [2, 0, 1]
    turned = several({name: value[:, order] for name, value in latents.items()})
    assert (turned - image).abs().max() < 1e-4 * scale
    leaves = {name: value.clone().requires_grad_() for name, value in latents.items()}
    gradients = torch.autograd.grad(several(leaves)[0].square().sum(), list(leaves.values()))
    for name, gradient in zip(leaves, gradients):
        assert gradient[1].abs().max() == 0, f'{name} of one sample moves another'
        assert (gradient[0].flatten(1).abs().amax(1) > 0).all(), f'a code of {name} does nothing'


def test_several_codes_are_cut_where_they_are_composed_or_deeper():
    prior = build(CONFIGS['pggan'])
    several, latents = multi(prior, 2, 2), codes_of(prior, 2, 2)
    latents['alpha'] = torch.rand(2, 2, several.channels, generator=torch.Generator())
    for layer in range(2, len(prior.blocks)):
        cut = several.forward_until(latents, layer)
        torch.testing.assert_close(several.forward_from(cut, layer), several(latents))
    with pytest.raises(UserError, match='2 codes meet at layer 2'):
        several.forward_until(latents, 1)


def test_weights_are_per_channel_and_the_features_of_the_official_cut():
    """PGGAN: Σ α_n h_n is composed before the pixel norm and normalised behind it."""
    prior = build(CONFIGS['pggan'])
    net, latents = prior.generator, codes_of(prior, 1, 2)
    several = multi(prior, 2, 2)
    latents['alpha'] = torch.rand(1, 2, several.channels, generator=torch.Generator())
    x = net.noise2feat(latents['z'][0])
    raw = net.conv_blocks[0](x, norm=False)
    composed = (raw * latents['alpha'][0][..., None, None]).sum(0, keepdim=True)
    x = net.conv_blocks[0].norm(composed)
    for block in net.conv_blocks[1:]:
        x = block(x)
    expected = prior.to_rgb(net.torgb_layers[-1](x))
    torch.testing.assert_close(several(latents), expected)
    averaged = multi(prior, 2, 2, averaged=True)(latents)
    torch.testing.assert_close(averaged, expected, rtol=1e-3, atol=1e-4)
    assert not torch.equal(averaged, several(latents))


def test_sampling_and_interface():
    prior = build(CONFIGS['biggan'])
    several = multi(prior, 2, 4)
    first, same = (several.sample_latents(torch.Generator().manual_seed(7)) for _ in range(2))
    assert {k: tuple(v.shape) for k, v in first.items()} == several.latent_shapes
    assert list(first) == ['z', 'class_embedding', 'alpha']
    assert all(torch.equal(first[k], same[k]) for k in first)
    assert first['z'].unique(dim=0).shape[0] == 4
    assert (first['alpha'] == 0.25).all()
    assert several.image_shape == prior.image_shape and several.blocks == prior.blocks
    several.train()
    assert not several.prior.training
    batch = SimpleNamespace(keys=['a', 'b'], labels=[None, 5])
    start = RandomStart(restarts=2).start(several, batch, 0)['class_embedding']
    table = prior.generator.shared_embedding.weight
    assert (start[:2] == table[3]).all() and (start[2:] == table[5]).all()
    names = {n for _, group in several.block_names for n in group}
    assert names <= {n for n, _ in several.named_parameters()} and names


def test_weights_of_its_own_reach_head_and_tail():
    prior = build(CONFIGS['dcgan'])
    several = multi(prior, 2, 2)
    latents = {k: v[None] for k, v in several.sample_latents(torch.Generator()).items()}
    own = {n: p.detach() * 1.1 for n, p in several.named_parameters()}
    changed = functional_call(several, own, (latents,))
    first = {n: own[n] for n in dict(several.block_names)['noise2feat']}
    assert not torch.equal(changed, several(latents))
    assert not torch.equal(functional_call(several, first, (latents,)), several(latents))


def test_errors():
    prior = build(CONFIGS['pggan'])
    for layer in (0, len(prior.blocks)):
        with pytest.raises(UserError, match=f'layer={layer}'):
            multi(prior, layer, 2)
    with pytest.raises(UserError, match='codes=0'):
        multi(prior, 2, 0)
    with pytest.raises(ValueError, match='alpha'):
        multi(prior, 2, 2)({'z': torch.zeros(1, 2, 16)})
    at_mean = build(CONFIGS['stylegan1-w+'])
    with pytest.raises(UserError, match='never part'):
        multi(at_mean, 1, 2).sample_latents(torch.Generator())
    with pytest.raises(UserError, match='_run_block'):
        Prior._run_block(prior, 0, None)
