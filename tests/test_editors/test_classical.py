"""Classical baselines: their proximal operators, and that they restore each image by itself."""

import pytest
import torch
from mmagic.registry import MODELS

import mmgenprior.editors  # noqa: F401  (registers)
from mmgenprior.degradations import get_degradation
from mmgenprior.editors.regularizers import SparsePatches, TruncatedNuclearNorm
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError

NOISE = dict(physics=dict(type='Identity'), noise=dict(type='GaussianNoise', sigma=0.1), centre=0.5)
HOLE = dict(physics=dict(type='BoxMask', size=4), centre=0.5)
SR4 = dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)
METHODS = [
    dict(type='TotalVariation', weight=0.05, iterations=10),
    dict(type='LowRank', weight=0.2, iterations=10),
    dict(type='SparseCoding', weight=0.05, iterations=10, size=4),
]
IDS = [m['type'] for m in METHODS]


def noisy(seed=0):
    return torch.randn(2, 3, 12, 10, generator=torch.Generator().manual_seed(seed)).double()


def test_truncated_nuclear_norm_and_its_prox():
    prior, x = TruncatedNuclearNorm(2), noisy()
    values = torch.linalg.svdvals(x)
    torch.testing.assert_close(prior.fn(x), values[..., 2:].sum((1, 2)))
    shrunk = torch.linalg.svdvals(prior.prox(x, gamma=1.5))
    torch.testing.assert_close(shrunk[..., :2], values[..., :2])
    torch.testing.assert_close(shrunk[..., 2:], (values[..., 2:] - 1.5).clamp(min=0))


def test_prox_of_the_nuclear_norm_is_the_minimiser():
    prior, x = TruncatedNuclearNorm(0), noisy()

    def objective(v):
        return prior.fn(v) * 0.7 + (v - x).square().sum((1, 2, 3)) / 2

    best = prior.prox(x, gamma=0.7)
    for seed in range(1, 6):
        assert (objective(best) < objective(best + 1e-2 * noisy(seed))).all()


def test_sparse_patches_leave_flat_pictures_and_shrink_others():
    prior = SparsePatches(4)
    x = noisy()
    torch.testing.assert_close(prior.prox(x, gamma=0.0), x)
    flat = torch.full_like(x, 0.3)
    torch.testing.assert_close(prior.prox(flat, gamma=10.0), flat)
    assert prior.fn(flat).abs().max() < 1e-12
    assert (prior.fn(prior.prox(x, gamma=0.5)) < prior.fn(x)).all()


@pytest.mark.parametrize('method', METHODS, ids=IDS)
def test_each_image_by_itself_to_the_bit(make_sample, method):
    def restore(keys):
        config = method
        samples = [make_sample(key, SR4) for key in keys]
        return MODELS.build(config)([], samples, mode='tensor')

    together = restore('ab')
    assert torch.isfinite(together).all()
    assert torch.equal(restore('b')[0], together[1])


@pytest.mark.parametrize('method', METHODS, ids=IDS)
@pytest.mark.parametrize('task', [NOISE, HOLE], ids=['noise', 'hole'])
def test_better_than_the_measurement(make_sample, method, task):
    # A picture that all three priors like: a step between two colours.
    truth = torch.full((3, 16, 16), 0.2)
    truth[:, :, 8:] = torch.tensor([0.9, 0.5, 0.7]).view(3, 1, 1)
    sample = make_sample('a', task)
    measurement = sample.metainfo['measurement']
    generator = torch.Generator().manual_seed(0)
    measurement.y = truth - 0.5
    if task is HOLE:
        measurement.y[:, 6:10, 6:10] = 0
        method = method | dict(weight=1e-3, step=100.0, iterations=60)
    else:
        measurement.y = measurement.y + 0.1 * torch.randn(3, 16, 16, generator=generator)
    before = (measurement.y + 0.5 - truth).square().mean()
    restored = MODELS.build(method)([], [sample], mode='tensor')[0]
    assert (restored - truth).square().mean() < before / 2


def test_a_method_for_linear_operators_says_so(make_sample):
    sample = make_sample('a', dict(physics=dict(type='HSVValue'), centre=0.5))
    with pytest.raises(UserError, match='LowRank.*HSVValue'):
        MODELS.build(METHODS[1])([], [sample], mode='tensor')


def test_quantization_goes_through_its_surrogate(make_sample):
    sample = make_sample('a', dict(physics=dict(type='Quantization', levels=5), centre=0.5))
    restored = MODELS.build(METHODS[0])([], [sample], mode='tensor')[0]
    assert (restored - 0.5 - sample.metainfo['measurement'].y).abs().max() < 0.5


def test_the_weight_of_tv_follows_the_noise(make_sample):
    """Without one: λ in proportion to the noise; a measurement without noise is kept exactly."""
    free = MODELS.build(dict(type='TotalVariation', iterations=10, clamp=False))
    given = MODELS.build(dict(type='TotalVariation', weight=0.08, iterations=10, clamp=False))
    noisy = make_sample('a', NOISE).metainfo['measurement'].bind()
    found, expected = (e.restore(noisy).variants['TV'] for e in (free, given))
    torch.testing.assert_close(found, expected)
    exact = make_sample('a', HOLE).metainfo['measurement'].bind()
    image = free.restore(exact).variants['TV']
    again = exact.bound().back_project(image, exact.y)
    assert (again - image).abs().max() < 0.05


@pytest.mark.parametrize('method', ['TotalVariation', 'SparseCoding'])
@pytest.mark.parametrize(
    'physics', [dict(type='UniformBlur', size=5), SR4['physics']], ids=['blur', 'x4']
)
def test_noise_weighs_less_where_pixels_are_measured_faintly(method, physics):
    """λ of denoising paints over what is left of a picture."""
    damage = dict(physics=physics, noise=dict(type='GaussianNoise', sigma=0.04), centre=0.5)
    y, x = torch.meshgrid(*[torch.arange(48) - 23.5] * 2, indexing='ij')
    discs = [(x - shift).square() + y.square() < 15**2 for shift in (-6, 0, 8)]
    truth = 0.2 + 0.6 * torch.stack(discs)[None].float()
    generator = torch.Generator().manual_seed(0)
    operator = get_degradation(damage)
    drawn = operator.draw_parameters(truth.shape[1:], generator)
    params = {name: value[None] for name, value in drawn.items()}
    seen = operator.measure(truth, params, [generator])
    batch = MeasurementBatch(seen, operator, truth.shape[1:], ['a'], params)

    def error(**weight):
        editor = MODELS.build(dict(type=method, iterations=30, **weight))
        (image,) = editor.restore(batch).variants.values()
        return (image - truth).square().mean()

    assert error() < 0.97 * error(weight=0.8 * 0.04)


def test_a_noisy_picture_that_is_one_hole_is_left_to_the_penalty(make_sample):
    nothing = NOISE | {'physics': dict(type='BoxMask', size=16)}
    batch = make_sample('a', nothing).metainfo['measurement'].bind()
    image = MODELS.build(dict(type='TotalVariation', iterations=5)).restore(batch).variants['TV']
    assert image.isfinite().all() and image.std() < 1e-3


def test_tv_restores_random_projections(make_sample):
    """deepinv's solver finds a tolerance of its own where ours has none."""
    projections = dict(
        physics=dict(type='GaussianCompressedSensing', ratio=0.5, seed=0),
        noise=dict(type='GaussianNoise', sigma=0.05),
        centre=0.5,
    )
    batch = make_sample('a', projections).metainfo['measurement'].bind()
    image = MODELS.build(dict(type='TotalVariation', iterations=10)).restore(batch).variants['TV']
    misfit = (batch.bound().predict(image) - batch.y).square().mean()
    start = (batch.bound().predict(torch.full_like(image, 0.5)) - batch.y).square().mean()
    assert misfit < 0.2 * start
