"""The floor counts what is needed and nothing else, and names no number that it did not measure."""

import pytest
import torch
from small_biggan import BIGGAN, NETWORKS
from torch import nn

from mmgenprior.benchmark.floor import floor_of, needed_pass, resting_norms
from mmgenprior.benchmark.step_settings import StepSetting
from mmgenprior.editors import CSGM, DGP
from mmgenprior.inversion import GivenStart, Inversion
from mmgenprior.priors import BEGANPrior, BigGANPrior
from mmgenprior.priors.discriminators import Discriminator

from .conftest import measured, row, starts


def setting_of(prior, batch, start, stage, **kwargs):
    objective = CSGM(prior).inversion.objective.terms
    inversion = Inversion(prior, [stage], objective, GivenStart(start), lanes=len(batch))
    return StepSetting(inversion, batch, [], {}, **kwargs)


def forward_flops(prior, count):
    """Two for every multiplication in a convolution or linear layer, by hand."""
    total = []

    def note(module, _, out):
        fan_in = module.weight[0].numel()
        total.append(2 * fan_in * out.numel())

    hooks = [
        m.register_forward_hook(note)
        for m in prior.modules()
        if isinstance(m, (nn.Conv2d, nn.Linear))
    ]
    prior({'z': torch.zeros(count, 6, dtype=torch.float64)})
    for hook in hooks:
        hook.remove()
    return sum(total)


@pytest.fixture
def began():
    return BEGANPrior(dict(type='BEGANGenerator', out_size=16, noise_size=6, channels=4)).double()


def flops_of(setting):
    return needed_pass(setting)[0].get_total_flops()


def test_latents_need_the_gradient_of_every_input_and_of_no_weight(began):
    batch, start = measured(began, 'Identity'), starts(began)
    stage = dict(name='CSGM', iterations=1)
    assert flops_of(setting_of(began, batch, start, stage)) == 2 * forward_flops(began, 2)


def test_weights_need_theirs_besides_and_one_sample_stands_for_all(began):
    batch, start = measured(began, 'Identity'), starts(began)
    stage = dict(name='IAGAN', iterations=1, weight_lr=1e-4)
    assert flops_of(setting_of(began, batch, start, stage)) == 3 * forward_flops(began, 1)


def test_shallow_weights_alone_need_less(began):
    batch, start = measured(began, 'Identity'), starts(began)
    first = dict(name='first', iterations=1, weight_lr=1e-4, blocks=1)
    every = dict(name='every', iterations=1, weight_lr=1e-4)
    few, all_of_them = (flops_of(setting_of(began, batch, start, s)) for s in (first, every))
    assert 2 * forward_flops(began, 1) < few < all_of_them


def test_norms_of_weights_that_rest_are_constants():
    prior = BigGANPrior(dict(BIGGAN), class_index=1).double()
    network = Discriminator(dict(NETWORKS['biggan'], init_seed=1)).double()
    z = starts(prior, 1)
    before = prior(z)
    layer = prior.generator.noise2feat
    with resting_norms(prior, set()):
        assert torch.equal(prior(z), before)
        layer.weight.data.mul_(2)  # a constant does not follow
        assert torch.equal(prior(z), before)
    assert 'sn_weight' not in layer.__dict__
    layer.weight.data.div_(2)
    with resting_norms(prior, {'generator.noise2feat.weight'}):
        assert 'sn_weight' not in layer.__dict__
    batch, start = measured(prior, 'LanczosDownsampling', 1, factor=4), row(starts(prior), 0)
    columns = dict(iterations=1, latent_lr=1e-3, weight_lr=1e-4, features=3)
    flops = []
    for blocks in (1, 2):
        given = dict(type='GivenStart', latents=start)
        editor = DGP(prior, [dict(columns, blocks=blocks)], discriminator=network, start=given)
        flops.append(flops_of(StepSetting(editor.inversion, batch, [], {}, network)))
    assert flops[0] < flops[1]


def test_floor_is_per_image_and_takes_time(began):
    start, stage = starts(began), dict(name='CSGM', iterations=1)
    both = floor_of(setting_of(began, measured(began, 'Identity'), start, stage), 'cpu')
    one_start = row(start, 0)
    one = floor_of(setting_of(began, measured(began, 'Identity', 1), one_start, stage), 'cpu')
    assert both.flops == one.flops == 2 * forward_flops(began, 1)
    assert both.seconds > 0 and one.seconds > 0
