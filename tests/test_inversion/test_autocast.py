"""A generator that computes in bfloat16: what changes, and what is handed on in full precision."""

import pytest
import torch

from mmgenprior.inversion import Inversion, Objective, Problem, Stage, run_stage
from mmgenprior.structures import MeasurementBatch

LATENT = dict(name='latent', iterations=12, latent_lr=0.1)
ADAPT = dict(name='adapt', iterations=6, latent_lr=1e-2, weight_lr=1e-3)
HALF = dict(autocast='bfloat16')


def run(prior, degradation, y, stages, **kwargs):
    batch = MeasurementBatch(y, degradation, prior.image_shape, list('abcde'))
    return Inversion(prior, stages, **kwargs)(batch, keep_weights=True)


@pytest.mark.parametrize('stage', [LATENT, ADAPT], ids=['latent', 'weights'])
@pytest.mark.parametrize('lanes', [1, 3])
def test_the_search_goes_the_same_way(prior, degradation, y, stage, lanes):
    exact = run(prior, degradation, y, [stage], lanes=lanes).final
    half = run(prior, degradation, y, [stage | HALF], lanes=lanes).final
    assert not torch.equal(exact.trace, half.trace)
    torch.testing.assert_close(exact.trace[0], half.trace[0], rtol=2e-2, atol=0)
    fall = exact.trace[0] - exact.objective
    assert ((exact.trace[0] - half.objective) > 0.8 * fall).all()


@pytest.mark.parametrize('keep', ['best', 'last'])
@pytest.mark.parametrize('keep_weights', [False, True])
def test_what_is_kept_is_of_full_precision(prior, degradation, y, keep, keep_weights):
    bound = degradation.bind({}, prior.image_shape)
    problem = Problem(prior, bound, y, Objective([dict(type='DataFidelityTerm')]))
    start = {'z': torch.zeros(5, 10)}
    stage = Stage(**ADAPT | HALF | dict(keep=keep))
    result = run_stage(problem, stage, start, keep_weights=keep_weights)
    assert bool(result.weights) is keep_weights
    assert result.image.dtype == result.latents['z'].dtype == torch.float32
    if not keep_weights:
        return
    for i in range(5):
        own = {k: v[i] for k, v in result.weights.items()}
        one = {'z': result.latents['z'][i : i + 1]}
        image = torch.func.functional_call(prior, own, (one,))
        torch.testing.assert_close(image[0], result.image[i], rtol=0, atol=1e-6)
        if keep == 'best':
            misfit = (bound.predict(image) - y[i : i + 1]).square().mean()
            torch.testing.assert_close(misfit, result.objective[i], rtol=1e-5, atol=0)


def test_a_later_stage_goes_on_in_full_precision(prior, degradation, y):
    result = run(prior, degradation, y, [LATENT | HALF, ADAPT])
    first, second = result.stages.values()
    torch.testing.assert_close(second.trace[0], first.objective, rtol=1e-5, atol=0)


def test_batch_does_not_change_a_bit(prior, degradation, y):
    together = run(prior, degradation, y, [LATENT | HALF, ADAPT | HALF]).final
    batch = MeasurementBatch(y[2:3], degradation, prior.image_shape, ['c'])
    alone = Inversion(prior, [LATENT | HALF, ADAPT | HALF])(batch).final
    assert torch.equal(alone.image[0], together.image[2])


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(autocast='float16'), "None or 'bfloat16'"),
        (dict(optimizer=dict(type='LevenbergMarquardt')) | HALF, 'jacobian_dtype'),
        (dict(optimizer=dict(type='GaussNewtonCG')) | HALF, 'follow the gradient'),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Stage('s', 3, **options)
