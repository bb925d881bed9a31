"""GaussNewton: variants, exactness, deviation, and samples that do not know their batch."""

import pytest
import torch
from mmagic.registry import MODELS

import mmgenprior.editors  # noqa: F401  (registers)
from mmgenprior.images import bgr255
from mmgenprior.utils.errors import UserError

PRIOR = dict(
    type='BEGANPrior',
    generator=dict(type='BEGANGenerator', out_size=16, noise_size=10, channels=8),
)
GN = dict(
    type='GaussNewton',
    prior=PRIOR,
    stages=dict(
        descent=dict(iterations=3),
        features=dict(iterations=3),
        adapted=dict(iterations=4, weight_lr=1e-3),
        sampled=dict(iterations=4, weight_lr=1e-3),
    ),
)
SR4 = dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)
HOLE = dict(physics=dict(type='BoxMask', size=6), centre=0.5)
NOISY = dict(SR4, noise=dict(type='GaussianNoise', sigma=0.1))


def predict(photos, **changes):
    return [s.output for s in MODELS.build(GN | changes)([], photos, mode='predict')]


def test_variants_are_exact_where_the_measurement_is(make_sample):
    editor = MODELS.build(GN | dict(clamp=False))
    for degradation in (SR4, HOLE):
        sample = make_sample('a', degradation)
        batch = sample.metainfo['measurement'].bind()
        found = editor.restore(batch)
        assert list(found.variants) == ['latent', 'sample', 'TV', 'mean']
        for image in found.variants.values():
            error = batch.bound().forward_operator(image) - batch.y
            assert error.abs().max() < 1e-5
        assert found.extras['std'].shape == (1, 1, 16, 16) and found.extras['std'].max() > 0
    # Of a hole every known pixel is known, and nothing in it.
    known = batch.bound().physics.A(torch.ones(1, 3, 16, 16))[:, :1] == 1
    assert found.extras['std'][known].max() < 1e-6 < found.extras['std'][~known].min()


def test_noise_is_not_projected_back_in(make_sample):
    batch = make_sample('a', NOISY).metainfo['measurement'].bind()
    mean = MODELS.build(GN).restore(batch).variants['mean']
    error = batch.bound().forward_operator(mean) - batch.y
    assert error.abs().max() > 1e-3


def test_a_sample_does_not_know_its_batch(make_sample):
    together = predict([make_sample(k, d) for k, d in (('a', SR4), ('b', NOISY), ('c', SR4))])
    (alone,) = predict([make_sample('c', SR4)])
    for name, image in alone.variants.items():
        assert torch.equal(image, together[2].variants[name]), name
    assert torch.equal(alone.get('std'), together[2].get('std'))


def test_several_samples_are_told_one_by_one(make_sample):
    (output,) = predict([make_sample('a')], samples=3)
    assert output.samples.shape == (3, 3, 16, 16)
    assert not torch.equal(output.samples[0], output.samples[1])
    first = bgr255(output.samples[0]).clamp(0, 255)
    assert torch.allclose(first, output.variants['sample'], atol=1e-3)
    (output,) = predict([make_sample('a')])
    assert 'samples' not in output


def test_without_samples_the_optimum_alone_is_adapted(make_sample):
    (output,) = predict([make_sample('a')], samples=0)
    assert list(output.variants) == ['latent', 'sample', 'TV', 'mean'] and output.main == 'mean'
    assert 'std' not in output
    with pytest.raises(UserError, match='samples=-1'):
        MODELS.build(GN | dict(samples=-1))


@pytest.mark.parametrize(
    'degradation, low, high',
    [(HOLE | {'physics': dict(type='BoxMask', size=12)}, 0, 0.05), (SR4, 0.2, 0.76)],
)
def test_the_mean_is_fused_where_coarse_content_is_measured(make_sample, degradation, low, high):
    batch = make_sample('a', degradation).metainfo['measurement'].bind()

    def variants(**changes):
        return MODELS.build(GN | dict(samples=0, clamp=False, **changes)).restore(batch).variants

    alone, fused = variants(fidelity=None), variants(phi=0.25)
    assert list(alone) == ['latent', 'sample', 'mean']
    assert torch.equal(alone['mean'], fused['sample'])
    moved, apart = fused['mean'] - alone['mean'], fused['TV'] - alone['mean']
    middle = (slice(None), slice(None), slice(6, 10), slice(6, 10))
    share = (moved[middle] * apart[middle]).sum() / apart[middle].square().sum()
    assert low <= share <= high


def test_a_measurement_that_is_not_linear_has_no_classical_estimate(make_sample):
    value = dict(physics=dict(type='HSVValue'), centre=0.0)
    (output,) = predict([make_sample('a', value)], samples=0)
    assert list(output.variants) == ['latent', 'sample', 'mean']


def test_phi_is_a_share():
    with pytest.raises(UserError, match='phi=1.5'):
        MODELS.build(GN | dict(phi=1.5))


def test_of_a_grey_measurement_the_grey_picture_is_the_classical_estimate(make_sample):
    luminance = dict(physics=dict(type='Luminance'), centre=0.5)
    batch = make_sample('a', luminance).metainfo['measurement'].bind()
    variants = MODELS.build(GN | dict(samples=0, clamp=False)).restore(batch).variants
    assert list(variants) == ['latent', 'sample', 'grey', 'mean']
    grey = variants['grey']
    assert (grey - (batch.y + 0.5)).abs().max() < 1e-3
    # Colour stays the prior's in the main; luminance is what was measured.
    assert (batch.bound().forward_operator(variants['mean']) - batch.y).abs().max() < 1e-5
    share = (variants['mean'] - variants['sample']).norm() / (grey - variants['sample']).norm()
    assert 0 < share < 0.5
    noisy = dict(luminance, noise=dict(type='GaussianNoise', sigma=0.1))
    assert 'TV' in predict([make_sample('a', noisy)], samples=0)[0].variants
