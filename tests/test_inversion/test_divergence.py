"""Searches that run into numbers that are none."""

import pytest
import torch

from mmgenprior.inversion import Inversion, RandomStart
from mmgenprior.inversion.divergence import ANOTHER_START, DIVERGED
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError

LATENT = dict(name='latent', iterations=5, latent_lr=0.1)
WILD = LATENT | dict(latent_lr=1e38, keep='last')
ADAPT = dict(name='adapt', iterations=4, latent_lr=1e-2, weight_lr=1e-3)


class FarStart(RandomStart):
    """Starts where the generator overflows, for an image; with another seed elsewhere, or not."""

    def __init__(self, always=False, **kwargs):
        super().__init__(**kwargs)
        self.always = always

    def start(self, prior, batch, seed, callback=None):
        latents = super().start(prior, batch, seed)
        for i, key in enumerate(batch.keys):
            if key == 'b' and (self.always or seed == 0):
                latents['z'][i * self.restarts : (i + 1) * self.restarts] = 3e38
        return latents


def run(prior, degradation, y, stages, start=None, keys='abcde'):
    batch = MeasurementBatch(y, degradation, prior.image_shape, list('abcde'))
    batch = batch.take(['abcde'.index(key) for key in keys])
    return Inversion(prior, stages, start=start)(batch)


@pytest.mark.parametrize('restarts', [1, 2])
@pytest.mark.parametrize('keep', ['best', 'last', 'last_forward'])
def test_another_start_is_taken(prior, degradation, y, keep, restarts):
    stages = [LATENT | dict(keep=keep), ADAPT]
    found = run(prior, degradation, y, stages, FarStart(restarts=restarts))
    assert found.marks == ['', ANOTHER_START, '', '', '']
    assert found.final.image.isfinite().all() and found.final.objective.isfinite().all()
    usual = run(prior, degradation, y, stages, RandomStart(restarts))
    assert usual.marks == [''] * 5
    others = [0, 2, 3, 4]
    assert torch.equal(found.final.image[others], usual.final.image[others])
    # Whatever the batch.
    alone = run(prior, degradation, y, stages, FarStart(restarts=restarts), keys='b')
    assert torch.equal(alone.final.image[0], found.final.image[1])


def test_no_finite_picture_at_all_is_one_line(prior, degradation, y):
    with pytest.raises(UserError, match='^b: neither the start'):
        run(prior, degradation, y, [LATENT], FarStart(always=True))


@pytest.mark.parametrize('keep', ['last', 'last_forward'])
def test_the_best_finite_iterate_is_kept(prior, degradation, y, keep):
    """Of the better of both starts."""
    found = run(prior, degradation, y, [WILD | dict(keep=keep)])
    assert found.marks == [DIVERGED] * 5
    best = run(prior, degradation, y, [WILD | dict(keep='best')])
    assert best.marks == [DIVERGED] * 5
    assert found.final.image.isfinite().all() and best.final.image.isfinite().all()
    first = run(prior, degradation, y, [LATENT | dict(iterations=1, keep='last_forward')])
    assert (best.final.objective <= first.final.objective).all()
    assert torch.equal(found.final.objective, first.final.objective)


@pytest.mark.parametrize('keep', ['best', 'last'])
def test_a_later_stage_falls_back_to_what_it_began_with(prior, degradation, y, keep):
    wild = ADAPT | dict(latent_lr=1e38, keep=keep)
    found = run(prior, degradation, y, [LATENT, wild])
    assert found.marks == [DIVERGED] * 5
    before = found.stages['latent']
    assert not before.diverged.any() and found.final.image.isfinite().all()
    torch.testing.assert_close(found.final.image, before.image)


@pytest.mark.parametrize('kind', ['LBFGS', 'LevenbergMarquardt', 'GaussNewtonCG', 'SGD'])
def test_no_optimizer_falls_over_numbers_that_are_none(prior, degradation, y, kind):
    stage = LATENT | dict(optimizer=dict(type=kind))
    found = run(prior, degradation, y[:2], [stage], FarStart(), keys='ab')
    assert found.marks == ['', ANOTHER_START] and found.final.image.isfinite().all()
