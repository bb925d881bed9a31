"""How a generator is run: every choice gives the same images and gradients, up to rounding."""

import copy
import functools
import shutil
import sys
import warnings

import pytest
import torch

from mmgenprior.degradations import build_degradation
from mmgenprior.inversion import Inversion, generate
from mmgenprior.priors import BEGANPrior, MultiCodePrior, compilation
from mmgenprior.priors.execution import Execution
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError

CPU = torch.device('cpu')
GENERATOR = dict(type='BEGANGenerator', out_size=16, noise_size=10, channels=8)
LATENT = dict(name='latent', iterations=4, latent_lr=0.1)
ADAPT = dict(name='adapt', iterations=4, latent_lr=1e-2, weight_lr=1e-3)


def searched(stages, lanes=None, **execution):
    prior = BEGANPrior(GENERATOR, execution=execution).double()
    physics = dict(type='BicubicDownsampling', factor=4)
    degradation = build_degradation(dict(physics=physics, centre=0.5))
    y = torch.rand(3, 3, 4, 4, generator=torch.Generator().manual_seed(1)).double() - 0.5
    batch = MeasurementBatch(y, degradation, prior.image_shape, list('abc'))
    result = Inversion(prior, stages, lanes=lanes)(batch).final
    return result.image, prior.generator.deconv1[0].weight


@pytest.mark.parametrize('stages', [[LATENT], [ADAPT]], ids=['latent', 'weights'])
@pytest.mark.parametrize('lanes', [1, 3])
@pytest.mark.parametrize('last', [True, False])
@pytest.mark.parametrize('own', ['vmap', 'loop'])
def test_results_do_not_depend_on_it(stages, lanes, last, own):
    usual, _ = searched(stages, lanes)
    image, weight = searched(stages, lanes, channels_last=last, own_weights=own)
    torch.testing.assert_close(image, usual, rtol=0, atol=1e-9)
    # Through vmap, gradients of channels-last weights are wrong.
    through_vmap = own == 'vmap' and lanes > 1 and 'weight_lr' in stages[0]
    assert weight.is_contiguous(memory_format=torch.channels_last) is (last and not through_vmap)


@pytest.mark.slow
@pytest.mark.skipif(
    not any(map(shutil.which, ('g++', 'clang++'))), reason='no C++ compiler: nothing is compiled'
)
@pytest.mark.parametrize('stages', [[LATENT], [ADAPT]], ids=['latent', 'weights'])
def test_a_compiled_generator_finds_the_same(stages):
    usual, _ = searched(stages)
    image, _ = searched(stages, compiled=True)
    torch.testing.assert_close(image, usual, rtol=0, atol=1e-9)


def forget():
    compilation._compiled.cache_clear()
    compilation.is_possible.cache_clear()
    compilation._refused.clear()


@pytest.fixture
def graphs(monkeypatch):
    """How many graphs were taken in, by a backend that needs no C++ compiler."""
    monkeypatch.setattr(torch, 'compile', functools.partial(torch.compile, backend='eager'))
    monkeypatch.setenv('CXX', sys.executable)
    counters = torch._dynamo.utils.counters
    torch._dynamo.reset()
    counters.clear()
    forget()
    yield lambda: counters['stats']['unique_graphs']
    forget()
    torch._dynamo.reset()


def test_only_passes_with_gradients_are_compiled(graphs):
    prior = BEGANPrior(GENERATOR, execution=dict(compiled=True))
    z = torch.randn(1, 10)
    with torch.no_grad():
        image = prior(dict(z=z))
    torch.func.jvp(lambda z: prior(dict(z=z)), (z,), (z,))
    torch.func.vmap(lambda z: prior(dict(z=z[None])))(z)
    assert not graphs()
    z.requires_grad_()
    assert torch.equal(prior(dict(z=z)), image)
    assert graphs() == 1
    # Neither another pass nor weights of a sample's own, once they are known, begin anew.
    name = 'generator.deconv2.0.bias'
    for _ in range(3):
        own = {name: prior.get_parameter(name)[None].clone().requires_grad_()}
        assert torch.equal(generate(prior, dict(z=z), own), image)
    assert graphs() == 2
    copy.deepcopy(prior)(dict(z=z))
    BEGANPrior(GENERATOR)(dict(z=z))
    assert graphs() == 2


def test_without_a_compiler_it_runs_as_it_is(monkeypatch):
    monkeypatch.setattr(compilation.shutil, 'which', lambda name: None)
    monkeypatch.setattr(compilation.platform, 'system', lambda: 'Linux')
    forget()
    prior = BEGANPrior(GENERATOR, execution=dict(compiled=True))
    z = torch.randn(1, 10, requires_grad=True)
    with pytest.warns(UserWarning, match='compiled=True: there is no C'):
        image = prior(dict(z=z))
    assert torch.equal(image, BEGANPrior(GENERATOR)(dict(z=z)))
    forget()


def test_a_compiler_that_fails_is_told_of_once(graphs, monkeypatch):
    def refuse(graph, inputs):
        raise RuntimeError('no headers')

    monkeypatch.setattr(torch, 'compile', functools.partial(torch.compile.func, backend=refuse))
    prior = BEGANPrior(GENERATOR, execution=dict(compiled=True))
    z = torch.randn(1, 10, requires_grad=True)
    with pytest.warns(UserWarning, match='cannot be compiled here .*no headers'):
        image = prior(dict(z=z))
    assert torch.equal(image, BEGANPrior(GENERATOR)(dict(z=z)))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert torch.equal(prior(dict(z=z)), image)


@pytest.mark.parametrize('own', [None, 'vmap', 'loop'])
def test_samples_of_a_loop_meet_the_generator_one_by_one(own):
    prior = MultiCodePrior(BEGANPrior(GENERATOR, execution=dict(own_weights=own)), 1, 2)
    seen = []
    prior.generator.deconv2.register_forward_hook(lambda *_: seen.append(1))
    latents = {name: torch.rand(3, *shape) for name, shape in prior.latent_shapes.items()}
    name = 'prior.generator.deconv2.0.bias'
    weights = {name: prior.get_parameter(name).expand(3, -1).clone()}
    generate(prior, latents, weights)
    assert len(seen) == (3 if own == 'loop' else 1)


def test_the_familys_own_order_is_the_default():
    choice = Execution()
    assert choice.memory_format(False, CPU, 1, True) is None
    assert choice.memory_format(True, CPU, 1, False) is torch.channels_last
    assert choice.memory_format(True, CPU, 4, True) is torch.contiguous_format
    assert choice.memory_format(True, torch.device('cuda'), 1, True) is torch.contiguous_format


@pytest.mark.parametrize(
    'wrong',
    [dict(channels_last='yes'), dict(own_weights='groups'), dict(compiled='fast'), dict(speed=11)],
)
def test_options_that_do_not_exist(wrong):
    with pytest.raises(UserError, match=f'execution: .*{next(iter(wrong))}'):
        BEGANPrior(GENERATOR, execution=wrong)
