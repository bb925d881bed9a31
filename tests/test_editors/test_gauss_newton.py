"""GaussNewton: variants, exactness, deviation, and samples that do not know their batch."""

import pytest
import torch
from mmagic.registry import MODELS

import mmgenprior.editors  # noqa: F401  (registers)
from mmgenprior.utils.errors import UserError

PRIOR = dict(
    type='BEGANPrior',
    generator=dict(type='BEGANGenerator', out_size=16, noise_size=10, channels=8),
)
GN = dict(
    type='GaussNewton',
    prior=PRIOR,
    stages=dict(latent=dict(iterations=4), adapted=dict(iterations=6, weight_lr=1e-3)),
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
        assert list(found.variants) == ['latent', 'sample', 'mean']
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


def test_without_samples_the_optimum_alone_is_adapted(make_sample):
    (output,) = predict([make_sample('a')], samples=0)
    assert list(output.variants) == ['latent', 'sample'] and output.main == 'sample'
    assert 'std' not in output
    with pytest.raises(UserError, match='samples=-1'):
        MODELS.build(GN | dict(samples=-1))
