"""Laws of every optimiser of a stage; a new one joins ``OPTIMIZERS``."""

import importlib.util
from pathlib import Path

import pytest
import torch
from torch import nn

from mmgenprior.degradations import build_degradation
from mmgenprior.inversion import Objective, Problem, Stage, run_stage
from mmgenprior.inversion.optimizers import build_optimizer
from mmgenprior.inversion.optimizers.linearised import Linearised, whole_jacobian
from mmgenprior.inversion.optimizers.rows import Rows
from mmgenprior.inversion.solver import begin
from mmgenprior.inversion.step import functions_of
from mmgenprior.priors import MultiCodePrior, Prior
from mmgenprior.registry import SEARCH_OPTIMIZERS
from mmgenprior.utils.errors import UserError

# The families' small builds stand beside the tests of priors.
_spec = importlib.util.spec_from_file_location(
    'prior_cases', Path(__file__).parents[1] / 'test_priors' / 'conftest.py'
)
families = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(families)

# name: (config, step size of latents, moves weights, needs a sum of squares, descends)
OPTIMIZERS = {
    'Adam': (dict(type='Adam'), 0.1, True, False, True),
    'SGD': (dict(type='SGD', momentum=0.5), 1.0, True, False, True),
    'NormalizedGradient': (dict(type='NormalizedGradient'), 0.05, True, False, True),
    'NormalizedGradient-vector': (
        dict(type='NormalizedGradient', per='vector'),
        0.05,
        True,
        False,
        True,
    ),
    'LBFGS': (dict(type='LBFGS', memory=4), 0.1, True, False, True),
    'LevenbergMarquardt': (dict(type='LevenbergMarquardt', chunk=7), 0.1, False, True, True),
    'LevenbergMarquardt-Broyden': (
        dict(type='LevenbergMarquardt', refresh=3),
        0.1,
        False,
        True,
        True,
    ),
    'GaussNewtonCG': (dict(type='GaussNewtonCG', products=6), 0.1, True, True, True),
    'Langevin': (dict(type='Langevin'), 1e-4, True, False, False),
    'Langevin-none': (dict(type='Langevin', preconditioner='none'), 1e-3, True, False, False),
    'Langevin-Jacobian': (
        dict(type='Langevin', preconditioner='jacobian'),
        1e-2,
        False,
        True,
        False,
    ),
}
every = pytest.mark.parametrize('name', OPTIMIZERS)
WITH_WEIGHTS = [name for name, case in OPTIMIZERS.items() if case[2]]
LEAST_SQUARES = [name for name, case in OPTIMIZERS.items() if case[3]]
DESCENDING = [name for name, case in OPTIMIZERS.items() if case[4]]
SECOND_ORDER = ['LBFGS', 'LevenbergMarquardt', 'LevenbergMarquardt-Broyden', 'GaussNewtonCG']


def stage_of(name, iterations, **changes):
    config, rate, *_ = OPTIMIZERS[name]
    given = dict(name='stage', iterations=iterations, latent_lr=rate, optimizer=config, keep='last')
    return Stage(**given | changes)


def streams(count, first=0):
    return [torch.Generator().manual_seed(first + i) for i in range(count)]


def problem_of(prior, y, degradation=None, terms=(dict(type='DataFidelityTerm'),)):
    degradation = degradation or build_degradation(dict(physics=dict(type='Identity')))
    return Problem(prior, degradation.bind({}, prior.image_shape), y, Objective(terms))


def run(parts, stage, latents, first=0, **options):
    draws = streams(len(parts.y), first)
    return run_stage(parts, stage, latents, streams=draws, keep_weights=True, **options)


@pytest.fixture
def small(prior, degradation, y):
    """The small BEGAN in float64, its measurements, and five starts."""
    start = torch.randn(5, 10, generator=torch.Generator().manual_seed(1)).double()
    return prior.double(), degradation, y.double(), {'z': start}


class LinearGenerator(nn.Module):
    """Latents B×6 to images, linearly."""

    noise_size = 6

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 3 * 8 * 8)

    def forward(self, z):
        return self.layer(z).view(-1, 3, 8, 8)


class LinearPrior(Prior):
    """The linear generator as a prior."""

    generator_types = ('LinearGenerator',)
    default_channel_order = 'rgb'
    image_size = 8

    def _layout(self):
        return [('layer', ['layer'])], []


@pytest.fixture
def linear():
    """A linear least-squares problem of four samples, its starts and its solution."""
    rng = torch.Generator().manual_seed(0)
    generator = LinearGenerator().double()
    with torch.no_grad():
        generator.layer.weight.copy_(torch.randn(192, 6, generator=rng))
        generator.layer.bias.zero_()
    prior = LinearPrior(generator)
    y = torch.randn(4, 3, 8, 8, generator=rng).double()
    matrix = torch.stack([(prior({'z': e[None]}) - prior({'z': 0 * e[None]})).flatten()
                          for e in torch.eye(6).double()], 1)  # fmt: skip
    offset = prior({'z': torch.zeros(1, 6).double()}).flatten()
    solution = torch.linalg.lstsq(matrix, (y.flatten(1) - offset).T).solution.T
    return problem_of(prior, y), {'z': torch.zeros(4, 6).double()}, solution


def test_the_list_names_every_optimizer():
    assert {case[0]['type'] for case in OPTIMIZERS.values()} == set(SEARCH_OPTIMIZERS.module_dict)


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
        first.latents,
        first=77,
        weights=first.weights,
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


# ---- every kind of latent

KINDS = {
    'z': ('pggan', {}),
    'class embedding': ('biggan', {}),
    'w': ('stylegan2-w', {}),
    'w+': ('stylegan2-w+', {}),
    'alpha': ('pggan', dict(layer=3, codes=3)),
    'stylegan3': ('stylegan3-w+', {}),
}

SMALLER = {
    'biggan': dict(output_scale=32),
    'stylegan2-w': dict(style_channels=4),
    'stylegan2-w+': dict(style_channels=4),
}


def kind_of(kind):
    """A small prior, starts of two samples and images it makes of others."""
    family, codes = KINDS[kind]
    config = families.CONFIGS[family]
    # Few entries, and no map of 32x32 with attention: a Jacobian has a product for every entry.
    config = dict(config, generator=config['generator'] | SMALLER.get(family, {}))
    prior = families.enliven(families.build(config))
    prior = MultiCodePrior(prior, **codes) if codes else prior
    start = families.latents_of(prior, 2)
    with torch.no_grad():
        y = prior(families.latents_of(prior, 2, seed=9))
    return prior, start, y


@pytest.mark.parametrize('name', DESCENDING)
@pytest.mark.parametrize('kind', [kind for kind in KINDS if kind != 'stylegan3'])
def test_every_kind_of_latent(kind, name):
    prior, start, y = kind_of(kind)
    # Their gradients are of very different size, and a plain step knows no scale.
    changes = dict(latent_lr=0.02) if name.startswith('SGD') else {}
    result = run(problem_of(prior, y), stage_of(name, 3, keep='best', **changes), start)
    assert (result.objective < result.trace[0]).all()
    assert all(not torch.equal(v, start[k]) for k, v in result.latents.items())


def test_stylegan3_is_refused_by_the_whole_jacobian_alone():
    prior, start, y = kind_of('stylegan3')
    with pytest.raises(UserError, match='StyleGAN3') as error:
        run(problem_of(prior, y), stage_of('LevenbergMarquardt', 1), start)
    assert '\n' not in str(error.value)
    for name in ('LBFGS', 'GaussNewtonCG'):
        result = run(problem_of(prior, y), stage_of(name, 3), start)
        assert (result.trace[-1] < result.trace[0]).all()


# ---- products

TERMS = [
    dict(type='DataFidelityTerm', weight=4.0),
    dict(type='DataFidelityTerm', norm='l1', name='l1'),
    dict(type='LatentNormTerm', weight=0.1),
]


@pytest.mark.parametrize('lanes', [1, 2])
def test_products_are_those_of_reverse_mode(small, lanes):
    prior, degradation, y, start = small
    prior.lay_out_for(torch.device('cpu'), lanes)  # channels last in one lane
    parts = problem_of(prior, y[:2], degradation, TERMS)
    state = begin(parts, stage_of('LevenbergMarquardt', 1), {'z': start['z'][:2]})
    functions = functions_of(state)
    rows = Rows([dict(names=['latent z'], params=[state.latents['z']], lr=1.0)])

    def residual(z):
        return functions.residual({'latent z': z})

    z = rows.read()
    expected = torch.autograd.functional.jacobian(residual, z)
    expected = torch.stack([expected[b, :, b] for b in range(2)])
    found, whole = whole_jacobian(functions, rows, 'test', chunk=4)
    torch.testing.assert_close(whole, expected, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(found, residual(z))
    linear = Linearised(residual, z)
    rng = torch.Generator().manual_seed(0)
    v, u = (torch.randn(t.shape, generator=rng).double() for t in (z, found))
    forward = torch.einsum('bmd,bd->bm', expected, v)
    torch.testing.assert_close(linear.times(v), forward, rtol=1e-9, atol=1e-12)
    transposed = torch.einsum('bmd,bm->bd', expected, u)
    torch.testing.assert_close(linear.transposed(u), transposed, rtol=1e-9, atol=1e-12)
    # The gradient of the objective is 2Jᵀr, for absolute errors too.
    value = functions.evaluate({'latent z': state.latents['z']}).value.sum()
    (gradient,) = torch.autograd.grad(value, state.latents['z'])
    torch.testing.assert_close(2 * linear.transposed(linear.residual), gradient)


def test_a_jacobian_of_half_precision_leads_to_the_same_optimum(prior, degradation, y):
    parts, start = problem_of(prior, y, degradation), {'z': torch.zeros(5, 10)}
    full = run(parts, stage_of('LevenbergMarquardt', 20), start)
    half = dict(type='LevenbergMarquardt', jacobian_dtype='bfloat16')
    half = run(parts, stage_of('LevenbergMarquardt', 20, optimizer=half), start)
    assert half.objective.dtype == torch.float32
    torch.testing.assert_close(half.trace[-1], full.trace[-1], rtol=1e-3, atol=0)


# ---- Langevin


def density(sigma, noise_rows, entries):
    return [
        dict(type='DataFidelityTerm', reduction='sum', weight=0.5 / sigma**2),
        dict(type='LatentNormTerm', weight=float(entries)),
    ]


@pytest.mark.parametrize(
    'preconditioner, rate', [('none', 4e-3), ('jacobian', 0.05), ('rmsprop', 4e-2)]
)
def test_langevin_samples_a_normal_posterior(linear, preconditioner, rate):
    parts, _, _ = linear
    prior, sigma, chains = parts.prior, 3.0, 1500
    y = parts.y[:1].expand(chains, -1, -1, -1)
    matrix = torch.autograd.functional.jacobian(
        lambda z: prior({'z': z[None]}).flatten(), torch.zeros(6).double()
    )
    precision = matrix.T @ matrix / sigma**2 + torch.eye(6)
    offset = prior({'z': torch.zeros(1, 6).double()}).flatten()
    mean = torch.linalg.solve(precision, matrix.T @ (y[0].flatten() - offset) / sigma**2)
    optimizer = dict(type='Langevin', preconditioner=preconditioner)
    stage = stage_of('Langevin', 200, latent_lr=rate, optimizer=optimizer)
    moved = problem_of(prior, y, terms=density(sigma, 192, 6))
    found = run(moved, stage, {'z': torch.zeros(chains, 6).double()}).latents['z']
    deviation = torch.linalg.inv(precision).diagonal().sqrt()
    error = (found.mean(0) - mean) / deviation
    assert error.abs().max() < 4.5 / chains**0.5  # its own standard error
    torch.testing.assert_close(found.std(0) / deviation, torch.ones(6).double(), rtol=0, atol=0.12)


def test_langevin_without_temperature_descends(small):
    prior, degradation, y, start = small
    optimizer = dict(type='Langevin', preconditioner='jacobian', temperature=0)
    stage = stage_of('Langevin', 8, latent_lr=0.5, optimizer=optimizer)
    result = run(problem_of(prior, y, degradation), stage, start)
    assert (result.trace[-1] < result.trace[0]).all()


def test_langevin_needs_a_stream_per_sample(prior, degradation, y):
    parts = problem_of(prior, y, degradation)
    with pytest.raises(ValueError, match='0 streams for 5 samples'):
        run_stage(parts, stage_of('Langevin', 1), {'z': torch.zeros(5, 10)})
