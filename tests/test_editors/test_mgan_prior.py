"""The editor of mGANprior and colorization's merge."""

import pytest
import torch
from mmagic.registry import MODELS

import mmgenprior.editors  # noqa: F401  (registers)
from mmgenprior.degradations import build_degradation
from mmgenprior.editors.mgan_prior import mgan_objective
from mmgenprior.inversion.optimizers import SGD
from mmgenprior.postprocess.luminance_transfer import LuminanceTransfer
from mmgenprior.utils.errors import UserError

PRIOR = dict(
    type='PGGANPrior',
    generator=dict(
        type='PGGANGenerator', noise_size=8, out_scale=16, base_channels=32, max_channels=8
    ),
)
MGAN = dict(
    type='MGANPrior',
    prior=PRIOR,
    layer=2,
    codes=3,
    stages=[dict(iterations=6)],
)
GREY = dict(physics=dict(type='Luminance', weights=(0.299, 0.587, 0.114)), centre=0.5)
NOISY = dict(physics=dict(type='Identity'), noise=dict(type='GaussianNoise', sigma=0.1), centre=0.5)
SR4 = dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)


def predict(samples, **changes):
    return [s.output for s in MODELS.build({**MGAN, **changes})([], samples, mode='predict')]


@pytest.mark.parametrize(
    'search',
    [
        dict(iterations=6),
        dict(iterations=6, optimizer=dict(type='Adam'), latent_lr=dict(z=0.05, alpha=0.01)),
    ],
)
def test_it_searches_and_a_sample_does_not_know_its_batch(make_sample, search):
    def fresh():
        return [make_sample('a', NOISY), make_sample('b', SR4), make_sample('c', NOISY)]

    together = predict(fresh(), stages=[search])
    for i, output in enumerate(together):
        assert output.objective < output.trace[0]
        (alone,) = predict([fresh()[i]], stages=[search])
        assert torch.equal(alone.pred_img, output.pred_img)


def test_codes_and_weights_both_move(make_sample):
    editor = MODELS.build(MGAN)
    still = MODELS.build({**MGAN, 'stages': [dict(iterations=6, latent_lr=dict(z=1.0))]})
    moved = [e([], [make_sample('a', NOISY)], mode='predict')[0] for e in (editor, still)]
    assert not torch.equal(*(m.output.pred_img for m in moved))


def test_colorization_returns_the_measured_luminance(make_sample):
    sample = make_sample('a', GREY)
    y = sample.metainfo['measurement'].y + 0.5
    (output,) = predict([sample], luminance_transfer=True)
    assert output.main == 'mGANprior-Y' and list(output.variants) == ['mGANprior', 'mGANprior-Y']
    merged = LuminanceTransfer()(
        output.variants['mGANprior'].flip(0)[None] / 255,
        (y - 0.5)[None],
        build_degradation(GREY).bind({}, (3, 16, 16)),
    )
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    torch.testing.assert_close((merged * weights).sum(1), y, atol=1e-5, rtol=0)
    colours = (merged - output.variants['mGANprior'].flip(0) / 255)[0]
    torch.testing.assert_close(colours[0], colours[2], atol=1e-5, rtol=0)


def test_eight_bit_merge_is_close_to_the_exact_one():
    image = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 0.4 + 0.3
    bound = build_degradation(GREY).bind({}, (3, 16, 16))
    y = bound.predict(image) + 0.05
    exact, levels = (LuminanceTransfer(e)(image, y, bound) for e in (False, True))
    assert (exact - levels).abs().max() < 4 / 255
    assert torch.equal(levels * 255, (levels * 255).round())
    with pytest.raises(UserError, match='Luminance operator'):
        LuminanceTransfer()(image, image, bound)


def test_objective_and_parity():
    fidelity, features = mgan_objective('l1', dict(weight=0.1, layers='relu2_2'))
    assert fidelity == dict(type='DataFidelityTerm', norm='l1', weight=2.0)
    assert features == dict(type='PerceptualFeaturesTerm', weight=1e-4, layers='relu2_2')
    assert mgan_objective() == [dict(type='DataFidelityTerm', norm='l2', weight=4.0)]
    default, official = (MODELS.build({**MGAN, 'parity': p}) for p in (False, True))
    stages = [e.inversion.stages[0] for e in (default, official)]
    assert [s.keep for s in stages] == ['best', 'last']
    assert all(isinstance(s.optimizer, SGD) and s.latent_lr == 1.0 for s in stages)
    assert [e.prior.averaged for e in (default, official)] == [False, True]


def test_feature_term_takes_part(make_sample):
    plain = predict([make_sample('a', NOISY)])[0]
    features = dict(weights=None, layers='relu1_1', size=None, weight=1000.0)
    other = predict([make_sample('a', NOISY)], perceptual=features)[0]
    assert other.trace[0] > plain.trace[0]
    assert not torch.equal(other.pred_img, plain.pred_img)


def test_a_norm_that_is_none():
    with pytest.raises(UserError, match="norm='l3' of mGANprior: use 'l2' or 'l1'"):
        MODELS.build({**MGAN, 'norm': 'l3'})
