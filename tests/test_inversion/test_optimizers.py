"""Laws of every optimiser of a stage, see ``optimizer_cases.py``."""

import pytest
import torch
from optimizer_cases import (
    DESCENDING,
    LEAST_SQUARES,
    OPTIMIZERS,
    SECOND_ORDER,
    WITH_WEIGHTS,
    every,
    problem_of,
    run,
    stage_of,
)

from mmgenprior.inversion.optimizers import build_optimizer
from mmgenprior.inversion.solver import begin
from mmgenprior.inversion.step import functions_of
from mmgenprior.registry import SEARCH_OPTIMIZERS
from mmgenprior.utils.errors import UserError


def test_the_list_names_every_optimizer():
    # The examples of the documentation register some of their own.
    ours = {
        name
        for name, kind in SEARCH_OPTIMIZERS.module_dict.items()
        if kind.__module__.startswith('mmgenprior.')
    }
    assert {case[0]['type'] for case in OPTIMIZERS.values()} == ours


@every
@pytest.mark.parametrize('weights', [False, True], ids=['latents', 'weights'])
def test_a_batch_is_its_samples(small, name, weights):
    if weights and name not in WITH_WEIGHTS:
        pytest.skip('moves latents alone')
    prior, degradation, y, start = small
    changes = dict(weight_lr=1e-3, blocks=2) if weights else {}
    stage = stage_of(name, 4, **changes)
    together = run(problem_of(prior, y, degradation), stage, start)
    for i in range(5):
        one = {'z': start['z'][i : i + 1]}
        alone = run(problem_of(prior, y[i : i + 1], degradation), stage, one, first=i)
        torch.testing.assert_close(
            alone.latents['z'][0], together.latents['z'][i], rtol=0, atol=1e-9
        )
        for key, value in alone.weights.items():
            torch.testing.assert_close(value[0], together.weights[key][i], rtol=0, atol=1e-9)
    moved = (together.latents['z'] - start['z']).abs().amax(1)
    assert (moved > 0).all()
    assert bool(together.weights) == weights


@every
@pytest.mark.parametrize('weights', [False, True], ids=['latents', 'weights'])
def test_two_halves_are_the_whole(small, name, weights):
    if weights and name not in WITH_WEIGHTS:
        pytest.skip('moves latents alone')
    prior, degradation, y, start = small
    parts = problem_of(prior, y[:1], degradation)
    start = {'z': start['z'][:1]}
    changes = dict(carry_optimizer=True) | (dict(weight_lr=1e-3, blocks=2) if weights else {})
    whole = run(parts, stage_of(name, 8, **changes), start)
    half = stage_of(name, 4, **changes)
    first = run(parts, half, start)
    # Other streams: what is carried goes on from where the first half stood.
    second = run(
        parts,
        half,
        first.iterate,
        first=77,
        optimizer_state=first.optimizer[0],
    )
    assert torch.equal(second.latents['z'], whole.latents['z'])
    assert all(torch.equal(v, whole.weights[k]) for k, v in second.weights.items())
    torch.testing.assert_close(torch.cat([first.trace, second.trace]), whole.trace, rtol=0, atol=0)


def test_another_optimizers_state_is_refused(small):
    prior, degradation, y, start = small
    parts, start = problem_of(prior, y[:1], degradation), {'z': start['z'][:1]}
    first = run(parts, stage_of('Adam', 2, carry_optimizer=True), start)
    with pytest.raises(ValueError, match='had Adam and this one has LBFGS'):
        run(
            parts,
            stage_of('LBFGS', 2, carry_optimizer=True),
            start,
            optimizer_state=first.optimizer[0],
        )


def test_a_linear_problem_is_one_step_of_levenberg_marquardt(linear):
    parts, start, solution = linear
    optimizer = dict(type='LevenbergMarquardt', damping=1e-12)
    stage = stage_of('LevenbergMarquardt', 1, optimizer=optimizer)
    found = run(parts, stage, start).latents['z']
    torch.testing.assert_close(found, solution, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    'name, iterations, tolerance',
    [
        ('GaussNewtonCG', 5, 1e-6),
        ('LevenbergMarquardt', 5, 1e-6),
        ('LevenbergMarquardt-Broyden', 5, 1e-6),
        ('LBFGS', 15, 1e-6),
    ],
)
def test_a_linear_problem_is_a_few_steps(linear, name, iterations, tolerance):
    parts, start, solution = linear
    found = run(parts, stage_of(name, iterations), start).latents['z']
    torch.testing.assert_close(found, solution, rtol=0, atol=tolerance)


@pytest.mark.parametrize('name', SECOND_ORDER)
def test_the_gradient_vanishes(small, name):
    prior, degradation, y, start = small
    parts = problem_of(prior, y, degradation)

    def slope(latents):
        z = latents['z'].clone().requires_grad_(True)
        state = begin(parts, stage_of('Adam', 1), start)
        value = functions_of(state).evaluate({'latent z': z}).value.sum()
        return torch.autograd.grad(value, z)[0].norm(dim=1)

    found = run(parts, stage_of(name, 120), start)
    assert (slope(found.latents) < 1e-5 * slope(start)).all()


@pytest.mark.parametrize('name', DESCENDING)
@pytest.mark.parametrize('weights', [False, True], ids=['latents', 'weights'])
def test_the_objective_falls(small, name, weights):
    if weights and name not in WITH_WEIGHTS:
        pytest.skip('moves latents alone')
    prior, degradation, y, start = small
    changes = dict(weight_lr=1e-3, blocks=2) if weights else {}
    result = run(problem_of(prior, y, degradation), stage_of(name, 10, **changes), start)
    assert (result.trace[-1] < result.trace[0]).all()


@pytest.mark.parametrize('name', SECOND_ORDER)
def test_absolute_errors_lower_their_objective(small, name):
    prior, degradation, y, start = small
    term = dict(type='DataFidelityTerm', norm='l1')
    result = run(problem_of(prior, y, degradation, [term]), stage_of(name, 10), start)
    assert (result.trace.diff(dim=0) <= 0).all()
    assert (result.trace[-1] < 0.9 * result.trace[0]).all()


ADVERSARIAL = dict(
    type='AdversarialTerm',
    discriminator=dict(
        type='DCGANDiscriminator', input_scale=16, output_scale=4, out_channels=1, base_channels=4
    ),
)


@pytest.mark.parametrize('name', LEAST_SQUARES)
def test_a_term_that_is_no_square_is_named(prior, degradation, y, name):
    parts = problem_of(prior, y, degradation, [dict(type='DataFidelityTerm'), ADVERSARIAL])
    with pytest.raises(UserError, match='AdversarialTerm is no sum of squares') as error:
        run(parts, stage_of(name, 1), {'z': torch.zeros(5, 10)})
    assert '\n' not in str(error.value)


@pytest.mark.parametrize('name', sorted(set(OPTIMIZERS) - set(WITH_WEIGHTS)))
def test_weights_are_refused_where_they_are_too_many(prior, degradation, y, name):
    parts = problem_of(prior, y, degradation)
    with pytest.raises(UserError, match='moves latents alone') as error:
        run(parts, stage_of(name, 1, weight_lr=1e-3), {'z': torch.zeros(5, 10)})
    assert '\n' not in str(error.value)


@pytest.mark.parametrize('name', SECOND_ORDER)
def test_rising_step_sizes_are_refused(prior, degradation, y, name):
    with pytest.raises(UserError, match='warm_up=0'):
        run(
            problem_of(prior, y, degradation),
            stage_of(name, 2, warm_up=2),
            {'z': torch.zeros(5, 10)},
        )


@pytest.mark.parametrize(
    'config',
    [
        dict(type='LBFGS', memory=0),
        dict(type='LevenbergMarquardt', damping=-1.0),
        dict(type='LevenbergMarquardt', jacobian_dtype='int8'),
        dict(type='GaussNewtonCG', products=1.5),
        dict(type='Langevin', preconditioner='magic'),
        dict(type='Langevin', temperature=-1),
        dict(type='NormalizedGradient', per='layer'),
    ],
    ids=str,
)
def test_options_out_of_range_are_refused(config):
    with pytest.raises(ValueError, match='must'):
        build_optimizer(config)
