"""What editors share: data samples in, images as stock metrics read them out."""

import pytest
import torch
from mmagic.registry import MODELS

import mmgenprior.editors  # noqa: F401  (registers)
from mmgenprior.degradations import get_degradation
from mmgenprior.utils.errors import UserError

PRIOR = dict(
    type='BEGANPrior',
    generator=dict(type='BEGANGenerator', out_size=16, noise_size=10, channels=8),
)
SR4 = dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)
INPAINT = dict(physics=dict(type='RandomBoxesMask', side_mean=5, side_std=1, min_side=3))
IAGAN = dict(
    type='IAGAN',
    prior=PRIOR,
    stages=[
        dict(name='CSGM', iterations=4),
        dict(name='IAGAN', iterations=3, latent_lr=1e-2, weight_lr=1e-2),
    ],
    restarts=2,
    back_projection=True,
)


def predict(config, samples):
    return MODELS.build(config)([], samples, mode='predict')


def test_output_is_what_stock_metrics_read(make_sample):
    editor = MODELS.build(IAGAN)
    (sample,) = editor([], [make_sample('a')], mode='predict')
    image = sample.output.pred_img
    assert image.shape == (3, 16, 16) and image.dtype == torch.float32
    assert 0 <= image.min() and image.max() <= 255
    assert list(sample.output.variants) == ['CSGM', 'CSGM-BP', 'IAGAN', 'IAGAN-BP']
    assert torch.equal(image, sample.output.variants['IAGAN'])
    assert sample.output.trace.shape == (7,)
    rgb = editor([], [make_sample('a')], mode='tensor')
    assert torch.equal((rgb[0].clamp(0, 1) * 255).flip(0), image)


def test_batch_order_and_mixed_operators_do_not_change_a_bit(make_sample):
    def fresh():
        return {
            'a': make_sample('a'),
            'b': make_sample('b', INPAINT),
            'c': make_sample('c'),
            'd': make_sample('d', INPAINT),
        }

    together = predict(IAGAN, list(fresh().values()))
    for key, sample in zip(fresh(), together):
        (alone,) = predict(IAGAN, [fresh()[key]])
        for name, image in sample.output.variants.items():
            assert torch.equal(image, alone.output.variants[name]), (key, name)
    backwards = predict(IAGAN, list(fresh().values())[::-1])[::-1]
    for one, other in zip(together, backwards):
        assert torch.equal(one.output.pred_img, other.output.pred_img)


def test_seed_changes_the_start(make_sample):
    (one,) = predict(IAGAN | dict(seed=0), [make_sample('a')])
    (other,) = predict(IAGAN | dict(seed=1), [make_sample('a')])
    assert not torch.equal(one.output.pred_img, other.output.pred_img)


@pytest.mark.parametrize('context', [torch.no_grad, torch.inference_mode])
def test_runs_inside_the_test_loop_contexts(make_sample, context):
    editor = MODELS.build(IAGAN)
    with context():
        (inside,) = editor([], [make_sample('a')], mode='predict')
    (outside,) = predict(IAGAN, [make_sample('a')])
    assert torch.equal(inside.output.pred_img, outside.output.pred_img)


def test_back_projection_explains_the_measurement(make_sample):
    sample = make_sample('a')
    m = sample.metainfo['measurement']
    editor = MODELS.build(IAGAN | dict(main='IAGAN-BP'))
    image = editor([], [sample], mode='tensor')
    operator = get_degradation(m.degradation).bind({}, m.image_shape)
    torch.testing.assert_close(operator.predict(image)[0], m.y, rtol=0, atol=1e-5)


def test_baselines_join_the_variants(make_sample):
    baselines = [dict(type='Bicubic'), dict(type='PseudoInverse'), dict(type='ZeroFilled')]
    (sample,) = predict(IAGAN | dict(baselines=baselines), [make_sample('a')])
    assert list(sample.output.variants)[:3] == ['bicubic', 'pseudo-inverse', 'zero-filled']


def test_truncate_floors_to_8_bits(make_sample):
    (sample,) = predict(IAGAN | dict(truncate=True), [make_sample('a')])
    image = sample.output.pred_img
    assert torch.equal(image, image.floor())


def test_no_measurement_is_one_clear_line(make_sample):
    sample = make_sample('a')
    sample.pop('measurement')
    with pytest.raises(UserError, match='Degrade or LoadMeasurement'):
        predict(IAGAN, [sample])


def test_training_is_refused(make_sample):
    with pytest.raises(UserError, match='no trainable part'):
        MODELS.build(IAGAN)([], [make_sample('a')], mode='loss')


def test_wrong_size_names_both_sizes(make_sample):
    with pytest.raises(UserError, match='32×32.*16×16'):
        predict(IAGAN, [make_sample('a', SR4, (3, 32, 32))])


def test_unknown_main_lists_the_choices(make_sample):
    with pytest.raises(UserError, match='CSGM-BP'):
        predict(IAGAN | dict(main='DGP'), [make_sample('a')])


def test_frozen_prior_is_untouched(make_sample):
    editor = MODELS.build(IAGAN)
    before = {k: v.clone() for k, v in editor.state_dict().items()}
    editor([], [make_sample('a')], mode='predict')
    assert all(torch.equal(before[k], v) for k, v in editor.state_dict().items())
