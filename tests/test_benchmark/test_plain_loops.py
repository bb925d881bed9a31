"""The yardstick computes what the engine computes: every plain loop equals it in float64."""

import pytest
import torch
from small_biggan import BIGGAN, NETWORKS

from mmgenprior.benchmark.plain_csgm import PlainCSGM
from mmgenprior.benchmark.plain_dgp import PlainCandidates, PlainDGP
from mmgenprior.benchmark.plain_iagan import PlainIAGAN
from mmgenprior.benchmark.plain_loop import PlainLoop, unfrozen
from mmgenprior.benchmark.plain_mganprior import PlainMultiCode
from mmgenprior.editors import CSGM, DGP, IAGAN, MGANPrior
from mmgenprior.inversion import CandidatesStart, GivenStart, Inversion, PerceptualFeaturesTerm
from mmgenprior.priors import BEGANPrior, BigGANPrior
from mmgenprior.priors.discriminators import Discriminator
from mmgenprior.utils import sample_generator

from .conftest import assert_same, measured, row, starts, trace

STEPS = 5


@pytest.fixture
def began():
    return BEGANPrior(dict(type='BEGANGenerator', out_size=16, noise_size=6, channels=4)).double()


@pytest.fixture
def biggan():
    prior = BigGANPrior(dict(BIGGAN), class_index=1).double()
    return prior, Discriminator(dict(NETWORKS['biggan'], init_seed=1)).double()


def test_csgm(began):
    batch, start = measured(began, factor=4), starts(began)
    editor = CSGM(began, stages=[dict(iterations=STEPS)], lanes=2)
    editor.inversion.start = GivenStart(start)
    values, images = trace(editor.inversion, batch)
    for i in range(2):
        one = batch.take([i])
        assert_same(PlainCSGM(began, one.bound(), one.y, row(start, i)), values, images, i)


def test_iagan(began):
    batch, start = measured(began, factor=4), starts(began)
    editor = IAGAN(began, stages=dict(IAGAN=dict(iterations=STEPS, weight_lr=3e-4)))
    stages, terms = editor.inversion.stages[1:], editor.inversion.objective.terms
    inversion = Inversion(began, stages, terms, GivenStart(start), weight_lanes=2)
    values, images = trace(inversion, batch)
    for i in range(2):
        one = batch.take([i])
        plain = PlainIAGAN(began, one.bound(), one.y, row(start, i), weight_lr=3e-4)
        assert_same(plain, values, images, i)


@pytest.mark.parametrize('parity', [False, True])
@pytest.mark.parametrize('adam', [False, True])
def test_mganprior(small_pggan, adam, parity):
    features = dict(weights=None, layers='relu1_2', size=16, weight=100.0)
    rates = dict(z=0.05, alpha=0.01) if adam else 0.3
    stage = dict(iterations=STEPS, latent_lr=rates, optimizer=dict(type='Adam' if adam else 'SGD'))
    editor = MGANPrior(
        small_pggan.prior, layer=2, codes=3, stages=[stage], perceptual=features, parity=parity
    )
    batch, start = measured(editor.prior, 'BilinearDownsampling', 1, factor=4), starts(editor.prior)
    start = row(start, 0)
    editor.inversion.start = GivenStart(start)
    values, images = trace(editor.inversion, batch)
    term = next(
        t for t in editor.inversion.objective.terms if isinstance(t, PerceptualFeaturesTerm)
    )
    optimizer = torch.optim.Adam if adam else torch.optim.SGD
    plain = PlainMultiCode(editor.prior, batch.bound(), batch.y, start, optimizer, rates, term)
    assert_same(plain, values, images, 0)
    assert all(p.grad is not None for p in plain.features.network.parameters())
    assert not any(p.requires_grad for p in term.network.parameters())


@pytest.mark.parametrize('blocks', [1, 2])
def test_dgp(biggan, blocks):
    prior, network = biggan
    batch, start = measured(prior, 'LanczosDownsampling', factor=4), starts(prior)
    columns = dict(blocks=blocks, latent_lr=2e-3, weight_lr=5e-4, features=3)
    editor = DGP(
        prior,
        [dict(columns, iterations=STEPS, d_weight=1.0, mse_weight=1.0)],
        discriminator=network,
        start=dict(type='GivenStart', latents=start),
    )
    for i in range(2):
        one = batch.take([i])
        editor.inversion.start = GivenStart(row(start, i))
        values, images = trace(editor.inversion, one)
        plain = PlainDGP(prior, one.bound(), one.y, row(start, i), network, **columns)
        assert_same(plain, values, images, 0)


def test_candidates(biggan):
    prior, network = biggan
    batch = measured(prior, 'LanczosDownsampling', 1, factor=4)
    term = dict(type='DiscriminatorFeaturesTerm', discriminator=network, features=3)
    start = CandidatesStart([term], candidates=7, batch_size=4, latent_scale=0.5)
    found = []
    start.start(prior, batch, 0, lambda s, done, values, image: found.append((values, image)))
    drawn = start.draw(prior, sample_generator(0, 'image 0', 'candidates'), None)
    drawn = {name: value.double() for name, value in drawn.items()}
    plain = PlainCandidates(prior, batch.bound(), batch.y, drawn, network, at_once=4)
    for values, images in found:
        distances, pictures = plain.step()
        assert torch.allclose(distances, values, rtol=1e-9, atol=0)
        assert (pictures - images).abs().max() < 1e-9
    assert plain.done == 7


def test_a_plain_loop_changes_no_network_but_its_own(began):
    batch, start = measured(began, count=1, factor=4), row(starts(began), 0)
    before = {name: value.clone() for name, value in began.state_dict().items()}
    plain = PlainIAGAN(began, batch.bound(), batch.y, start)
    for _ in range(3):
        plain.step()
    after = began.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not any(p.requires_grad or p.grad is not None for p in began.parameters())
    moved = plain.prior.state_dict()
    assert not all(torch.equal(before[name], moved[name]) for name in before)
    csgm = PlainCSGM(began, batch.bound(), batch.y, start)
    csgm.step()
    assert all(p.grad is not None for p in csgm.prior.parameters())  # nobody froze them


def test_a_copy_has_the_memory_order_of_a_file(began):
    began.generator.to(memory_format=torch.channels_last)
    copied = unfrozen(began)
    assert all(p.is_contiguous() and p.requires_grad for p in copied.parameters())


def test_a_loop_without_a_step_says_so(began):
    batch = measured(began, count=1, factor=4)
    with pytest.raises(TypeError, match='PlainLoop does not define step'):
        PlainLoop(batch.bound(), batch.y).step()
