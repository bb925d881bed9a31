"""Optimisers on every kind of latent, their products, and samples of a density."""

import pytest
import torch
from optimizer_cases import (
    DESCENDING,
    SECOND_ORDER,
    families,
    problem_of,
    run,
    stage_of,
)

from mmgenprior.inversion import run_stage
from mmgenprior.inversion.optimizers.linearised import Linearised, whole_jacobian
from mmgenprior.inversion.optimizers.rows import Rows
from mmgenprior.inversion.solver import begin
from mmgenprior.inversion.step import functions_of
from mmgenprior.priors import MultiCodePrior

KINDS = {
    'z': ('pggan', {}),
    'class embedding': ('biggan', {}),
    'w': ('stylegan2-w', {}),
    'w+': ('stylegan2-w+', {}),
    'alpha': ('pggan', dict(layer=3, codes=3)),
    'stylegan3': ('stylegan3-w+', {}),
    'stylegan3 z': ('stylegan3-z', {}),
    'maps': ('module-decoder', {}),
    'TorchScript': ('module-script', {}),
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
    if family in SMALLER:
        config = dict(config, generator=config['generator'] | SMALLER[family])
    prior = families.enliven(families.build(config))
    prior = MultiCodePrior(prior, **codes) if codes else prior
    start = families.latents_of(prior, 2)
    with torch.no_grad():
        y = prior(families.latents_of(prior, 2, seed=9))
    return prior, start, y


OF_MANY_PRODUCTS = set(SECOND_ORDER) - {'LBFGS'}


def case(kind, name):
    """A case, slow where StyleGAN2 has many products again that it has had with one w."""
    slow = kind == 'w+' and name in OF_MANY_PRODUCTS
    return pytest.param(kind, name, marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize(
    ('kind', 'name'),
    [case(kind, name) for kind in KINDS if not kind.startswith('stylegan3') for name in DESCENDING],
)
def test_every_kind_of_latent(kind, name):
    prior, start, y = kind_of(kind)
    # Their gradients are of very different size, and a plain step knows no scale.
    changes = dict(latent_lr=0.02) if name.startswith('SGD') else {}
    result = run(problem_of(prior, y), stage_of(name, 3, keep='best', **changes), start)
    assert (result.objective < result.trace[0]).all()
    assert all(not torch.equal(v, start[k]) for k, v in result.latents.items())


@pytest.mark.parametrize(
    'name',
    # The Jacobian of every step; refreshed every third it stays among the fast ones.
    [
        pytest.param(name, marks=pytest.mark.slow) if name == 'LevenbergMarquardt' else name
        for name in SECOND_ORDER
    ],
)
def test_stylegan3_needs_no_forward_mode(name):
    # A Jacobian has a product for every entry, one after the other: z has 16, w+ six times as many.
    prior, start, y = kind_of('stylegan3 z' if name.startswith('Leven') else 'stylegan3')
    assert not prior.supports_forward_mode
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
    rows = Rows([dict(names=['latent z'], params=[state.iterate.latents['z']], lr=1.0)])

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
    value = functions.evaluate({'latent z': state.iterate.latents['z']}).value.sum()
    (gradient,) = torch.autograd.grad(value, state.iterate.latents['z'])
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
