"""Out of memory halves the lanes, and what comes out is what fewer lanes give from the start."""

import pytest
import torch
from mmagic.registry import MODELS

from mmgenprior.inversion import Inversion
from mmgenprior.inversion.lanes import in_lanes, is_out_of_memory, lanes_that_fit
from mmgenprior.inversion.starts import CandidatesStart
from mmgenprior.inversion.terms.data_fidelity import DataFidelityTerm
from mmgenprior.priors import BEGANPrior
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError

LATENT = dict(name='latent', iterations=5, latent_lr=0.1)
ADAPT = dict(name='adapt', iterations=4, latent_lr=1e-2, weight_lr=1e-3)
LANGEVIN = LATENT | dict(optimizer=dict(type='Langevin'), latent_lr=1e-3, keep='last')


@MODELS.register_module()
class NarrowTerm(DataFidelityTerm):
    """A data fidelity on a device that holds ``fits`` samples from its ``since``-th call on."""

    def __init__(self, fits, since=1, **kwargs):
        super().__init__(**kwargs)
        self.fits, self.since = fits, since
        self.calls = []

    def forward(self, estimate, target):
        self.calls.append(len(estimate.image))
        if len(estimate.image) > self.fits and len(self.calls) >= self.since:
            raise torch.cuda.OutOfMemoryError('the test allows no more')
        return super().forward(estimate, target)


class NarrowPrior(BEGANPrior):
    """A generator that holds two samples."""

    def forward(self, latents):
        if len(latents['z']) > 2:
            raise torch.cuda.OutOfMemoryError('the test allows no more')
        return super().forward(latents)


def run(prior, degradation, y, stages, callback=None, objective=None, **kwargs):
    batch = MeasurementBatch(y, degradation, prior.image_shape, list('abcde'))
    objective = objective or [dict(type='DataFidelityTerm')]
    inversion = Inversion(prior, stages, objective=objective, **kwargs)
    return inversion(batch, **({} if callback is None else dict(callback=callback)))


def same(one, other):
    for name, stage in one.stages.items():
        assert torch.equal(stage.image, other.stages[name].image)
        assert torch.equal(stage.trace, other.stages[name].trace)


@pytest.mark.parametrize('stages', [[LATENT], [LATENT, ADAPT], [LANGEVIN]], ids=str)
@pytest.mark.parametrize('since', [1, 4], ids=['at once', 'on the way'])
def test_results_are_those_of_fewer_lanes(prior, degradation, y, stages, since):
    start = dict(type='RandomStart', restarts=2)
    wanted = run(prior, degradation, y, stages, start=start, lanes=2)
    narrow = NarrowTerm(fits=2, since=since)
    found = run(prior, degradation, y, stages, objective=[narrow], start=start, lanes=4)
    same(wanted, found)
    assert narrow.calls.count(4) == since + len(stages) - 1  # each stage tries them once


def test_a_prior_that_does_not_fit(prior, degradation, y):
    wanted = run(prior, degradation, y, [LATENT], lanes=2)
    found = run(NarrowPrior(prior.generator), degradation, y, [LATENT], lanes=5)
    same(wanted, found)


def test_parts_that_are_done_stay_done(prior, degradation, y):
    # Four samples fit for the five iterations, and the last evaluation, of a first part.
    narrow = NarrowTerm(fits=2, since=7)
    run(prior, degradation, y, [LATENT], objective=[narrow], lanes=4, start=restarts(2))
    assert narrow.calls == [4] * 6 + [4] + [2] * 6 * 3


def restarts(count):
    return dict(type='RandomStart', restarts=count)


def test_every_iteration_is_told_once(prior, degradation, y):
    told = []

    def listen(stage, iteration, objective, image):
        told.extend((i, iteration) for i in range(stage.first, stage.last + 1))
        assert len(objective) == len(image) == stage.last - stage.first + 1

    narrow = NarrowTerm(fits=1, since=4)  # in the fourth iteration of the first part
    run(prior, degradation, y, [LATENT], callback=listen, objective=[narrow], lanes=4)
    assert sorted(told) == [(i, n) for i in range(5) for n in range(1, 6)]


def test_what_did_not_fit_is_remembered(prior, degradation, y):
    narrow = NarrowTerm(fits=2)
    inversion = Inversion(prior, [LATENT], objective=[narrow], lanes=5)
    batch = MeasurementBatch(y, degradation, prior.image_shape, list('abcde'))
    inversion(batch)
    first = narrow.calls.copy()
    inversion(batch)
    assert narrow.calls[len(first) :] == first[1:]


@pytest.mark.parametrize('carry', [False, True])
def test_one_sample_that_does_not_fit_is_a_users_error(prior, degradation, y, carry):
    stage = LATENT | dict(carry_optimizer=carry)
    with pytest.raises(UserError, match='stage latent: a single sample .*blocks=1'):
        run(prior, degradation, y, [stage], objective=[NarrowTerm(fits=0)], lanes=4)


def test_candidates_are_drawn_in_smaller_parts(prior, degradation, y):
    options = dict(candidates=12, batch_size=2)
    batch = MeasurementBatch(y, degradation, prior.image_shape, list('abcde'))
    wanted = CandidatesStart([dict(type='DataFidelityTerm')], **options).start(prior, batch, 0)
    narrow = CandidatesStart([NarrowTerm(fits=2)], **options | dict(batch_size=4))
    assert torch.equal(wanted['z'], narrow.start(prior, batch, 0)['z'])


def test_the_cpus_own_error_is_known():
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**56, dtype=torch.uint8)
    assert is_out_of_memory(raised.value)
    assert not is_out_of_memory(RuntimeError('shapes do not match'))
    assert not is_out_of_memory(ValueError('not enough memory'))


def test_other_errors_pass():
    def fail(part, lanes):
        raise RuntimeError('shapes do not match')

    with pytest.raises(RuntimeError, match='shapes'):
        in_lanes(3, 2, fail, 'work', 'none')


def needs(once, each, kept=0, most=10**9):
    """Bytes of so many samples on a device with ``most`` of them."""

    def measure(samples):
        if once + each * samples > most:
            raise torch.cuda.OutOfMemoryError('full')
        return once + each * samples, kept

    return measure


@pytest.mark.parametrize(
    ('measure', 'lanes'),
    [
        (needs(0, 100), 8),  # 8 of 800 bytes
        (needs(300, 100), 4),  # five fit beside what is needed once
        (needs(0, 100, kept=40), 4),  # ten results take 400 of 800
        (needs(0, 900), 1),
        (needs(0, 100, kept=400), 1),
        (needs(0, 100, most=150), 1),
        (needs(0, 100, most=50), 1),
        (needs(0, 0), 512),  # nothing that can be measured
    ],
)
def test_lanes_from_free_memory(measure, lanes):
    assert lanes_that_fit(measure, free=1000, count=10) == lanes


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
def test_lanes_of_a_card_are_measured(prior, degradation, y):
    prior, degradation = prior.cuda(), degradation
    inversion = Inversion(prior, [LATENT, ADAPT])
    inversion(MeasurementBatch(y.cuda(), degradation, prior.image_shape, list('abcde')))
    assert all(lanes >= 2 for lanes in inversion.lanes._known.values())
