"""The adapter: units, parameters per sample, pictures of measurements, configs."""

import subprocess
import sys

import deepinv
import pytest
import torch
from degradation_cases import LINEAR, NONLINEAR

from mmgenprior.degradations import (
    DegradationError,
    GaussianNoise,
    build_degradation,
    get_degradation,
)
from mmgenprior.degradations.build import blur_filters
from mmgenprior.utils import sample_generator

BOXES = dict(type='RandomBoxesMask', side_mean=10, side_std=4, min_side=3)
SHAPE = (3, 17, 22)


def photos(batch=3, shape=SHAPE):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(batch, *shape, dtype=torch.float64, generator=generator)


def stack(degradation, shape, keys):
    each = [degradation.draw_parameters(shape, sample_generator(0, key, 'p')) for key in keys]
    return {name: torch.stack([one[name] for one in each]) for name in each[0]}


def noises(keys):
    return [sample_generator(0, key, 'noise') for key in keys]


def cfg(physics, **rest):
    return dict(physics=physics if isinstance(physics, dict) else dict(type=physics), **rest)


def test_centre_makes_holes_and_borders_grey():
    x = photos()
    degradation = build_degradation(cfg(dict(type='BoxMask', size=5), centre=0.5))
    y = degradation.measure(x, {})
    assert (y[:, :, 8, 11] == 0).all()
    assert (degradation.measurement_image(y)[:, :, 8, 11] == 0.5).all()
    bicubic = build_degradation(cfg(dict(type='BicubicDownsampling', factor=4), centre=0.5))
    grey = torch.full((1, 3, 16, 16), 0.5)
    assert torch.equal(bicubic.measurement_image(bicubic.measure(grey, {})), grey[..., :4, :4])


@pytest.mark.parametrize('centre', [0.0, 0.5])
@pytest.mark.parametrize('case', LINEAR, ids=lambda case: case.name)
def test_back_projection_and_null_space(case, centre):
    degradation = build_degradation(dict(physics=case.cfg, centre=centre))
    bound = degradation.bind(case.params(2, case.shape), case.shape)
    truth, x = photos(2, case.shape), photos(2, case.shape).flip(0)
    y = bound.forward_operator(truth)
    torch.testing.assert_close(bound.predict(truth), y, rtol=0, atol=0)
    size = y.norm()
    assert (bound.forward_operator(bound.back_project(x, y)) - y).norm() <= case.tolerance * size
    unseen = x - bound.physics.A_dagger(bound.physics.A(x))
    assert bound.physics.A(unseen).norm() <= case.tolerance * size
    start = bound.pseudo_inverse(y)
    assert (bound.forward_operator(start) - y).norm() <= case.tolerance * size
    assert bound.adjoint_image(y).shape == truth.shape


@pytest.mark.parametrize('case', LINEAR + NONLINEAR, ids=lambda case: case.name)
def test_picture_of_a_measurement(case):
    degradation = build_degradation(dict(physics=case.cfg, centre=0.5))
    bound = degradation.bind(case.params(3, case.shape), case.shape)
    y = bound.forward_operator(0.2 + 0.6 * photos(3, case.shape))
    picture = bound.measurement_image(y, case.shape)
    assert picture.shape[:2] == (3, 3)
    assert picture.min() >= 0 and picture.max() <= 1
    if bound.image_like:
        inside = ((y + 0.5 >= 0) & (y + 0.5 <= 1)).all()
        back = bound.measurement_from_image(picture)
        assert back.shape == y.shape
        if inside:
            torch.testing.assert_close(back, y, rtol=0, atol=1e-12)
        one = degradation.infer_image_shape(y.shape[1:])
        assert degradation.physics.measurement_shape(one) == tuple(y.shape[1:])
    else:
        assert picture.shape[2:] == case.shape[1:]
        assert torch.equal(degradation.measurement_image(y, case.shape), picture)
        with pytest.raises(DegradationError, match='is no picture'):
            bound.measurement_from_image(picture)
        with pytest.raises(DegradationError, match='give image_shape'):
            degradation.infer_image_shape(y.shape[1:])


def test_parameters_do_not_leak_between_batches():
    degradation = build_degradation(cfg(BOXES, noise=dict(type='GaussianNoise', sigma=(0.1, 0.2))))
    x = photos()
    first = stack(degradation, SHAPE, 'abc')
    second = stack(degradation, SHAPE, 'def')
    one = degradation.bind(first, SHAPE)
    before = one.forward_operator(x)
    two = degradation.bind(second, SHAPE)
    assert torch.equal(two.forward_operator(x), x * second['mask'])
    assert torch.equal(one.forward_operator(x), before)
    assert torch.equal(before, x * first['mask'])
    assert torch.equal(one.sigma, first['sigma']) and degradation.sigma is None
    assert degradation.physics.mask is None and degradation.image_shape is None
    assert not torch.equal(first['mask'], second['mask'])
    # A batch of another size and another image size straight after.
    single = stack(degradation, (3, 30, 12), 'g')
    assert degradation.bind(single, (3, 30, 12)).forward_operator(photos(1, (3, 30, 12))).shape


def test_parameters_reach_operators_inside_a_product_and_its_surrogate():
    hybrid = dict(type='Compose', operators=[BOXES, dict(type='Quantization', levels=4)])
    degradation = build_degradation(cfg(hybrid))
    params = stack(degradation, SHAPE, 'abc')
    x = photos()
    bound = degradation.bind(params, SHAPE)
    torch.testing.assert_close(bound.predict(x), x * params['mask'], rtol=0, atol=0)
    torch.testing.assert_close(
        bound.forward_operator(x), (x * params['mask'] * 3).round() / 3, rtol=0, atol=1e-15
    )


def test_measurement_of_a_sample_does_not_depend_on_its_batch():
    degradation = build_degradation(
        cfg(
            dict(type='Compose', operators=[BOXES, dict(type='BicubicDownsampling', factor=3)]),
            noise=dict(type='GaussianNoise', sigma=(5 / 255, 50 / 255)),
            centre=0.5,
        )
    )
    x = photos().float()
    whole = degradation.measure(x, stack(degradation, SHAPE, 'abc'), noises('abc'))
    for i, key in enumerate('abc'):
        alone = degradation.measure(x[i : i + 1], stack(degradation, SHAPE, [key]), noises([key]))
        assert torch.equal(alone[0], whole[i])


def test_noise_has_its_level_per_sample():
    degradation = build_degradation(
        cfg('Identity', noise=dict(type='GaussianNoise', sigma=[0, 0.5]))
    )
    x = torch.full((4, 3, 64, 64), 0.5)
    params = stack(degradation, (3, 64, 64), 'abcd')
    assert params['sigma'].unique().numel() == 4
    added = degradation.measure(x, params, noises('abcd')) - x
    torch.testing.assert_close(added.flatten(1).std(dim=1), params['sigma'], rtol=0.03, atol=0)
    assert added.mean().abs() < 0.01
    fixed = GaussianNoise(10 / 255).draw_parameters(torch.Generator())['sigma']
    assert fixed.item() == pytest.approx(10 / 255)


def test_infer_image_shape():
    physics = dict(type='BicubicDownsampling', factor=4)
    assert build_degradation(cfg(physics)).infer_image_shape((3, 5, 7)) == (3, 20, 28)
    assert build_degradation(cfg('Luminance')).infer_image_shape((1, 5, 7)) == (3, 5, 7)


def test_shared_instance_per_config():
    config = cfg('Identity', noise=dict(type='GaussianNoise', sigma=0.1))
    assert get_degradation(config) is get_degradation({k: config[k] for k in reversed(config)})
    assert get_degradation(config) is not get_degradation(cfg('Identity'))


@pytest.mark.parametrize(
    ('physics', 'reference'),
    [
        (
            dict(type='Blur', filter=dict(type='gaussian_blur', sigma=1.5), padding='circular'),
            lambda: deepinv.physics.Blur(
                filter=blur_filters().gaussian_blur(sigma=(1.5, 1.5)), padding='circular'
            ),
        ),
        (
            dict(type='Downsampling', img_size=[3, 16, 16], factor=2, filter='bilinear'),
            lambda: deepinv.physics.Downsampling(img_size=(3, 16, 16), factor=2, filter='bilinear'),
        ),
        (
            dict(type='Inpainting', img_size=[3, 16, 16], mask=0.4, seed=3),
            lambda: deepinv.physics.Inpainting(
                img_size=(3, 16, 16), mask=0.4, rng=torch.Generator().manual_seed(3)
            ),
        ),
        (
            dict(type='Decolorize'),
            lambda: deepinv.physics.Decolorize(),
        ),
    ],
    ids=lambda value: value['type'] if isinstance(value, dict) else '',
)
def test_any_deepinv_operator(physics, reference):
    degradation = build_degradation(cfg(physics))
    x = photos(2, (3, 16, 16)).float()
    y = degradation.measure(x, {})
    torch.testing.assert_close(y, reference().A(x))
    bound = degradation.bind({}, (3, 16, 16))
    assert bound.adjoint_image(y).shape == x.shape and bound.has_inverse and bound.image_like
    assert bound.measurement_image(y, (3, 16, 16)).shape[1] == 3


def test_per_sample_parameters_of_a_deepinv_operator():
    physics = dict(
        type='Inpainting', img_size=[3, 8, 8], mask=dict(type='tensor', data=[[[[1.0]]]])
    )
    degradation = build_degradation(cfg(physics))
    x = photos(2, (3, 8, 8)).float()
    mask = (photos(2, (1, 8, 8)) > 0.5).float()
    bound = degradation.bind({'mask': mask}, (3, 8, 8))
    torch.testing.assert_close(bound.forward_operator(x), x * mask)
    torch.testing.assert_close(degradation.forward_operator(x), x)


@pytest.mark.parametrize(
    ('config', 'message'),
    [
        (cfg('BicubicDownsample'), "no physics 'BicubicDownsample'; did you mean BicubicDown"),
        (cfg('zzzzzz'), "no physics 'zzzzzz'; known: .*BoxMask"),
        (cfg('Identity', noise=dict(type='GausianNoise', sigma=1)), 'did you mean GaussianNoise'),
        (cfg('Identity', noise=dict(type='GaussianNoise', sigma=-1)), 'sigma=-1 must be'),
        (cfg('Identity', centred=0.5), 'unknown key centred; keys: physics, noise, centre'),
        (dict(noise=None), 'physics is missing'),
        (dict(physics='Identity'), "physics='Identity' must be a dict with a type name"),
        (cfg(dict(type='UniformBlur', sise=9)), "'sise'; it takes: size, padding, rcond"),
        (cfg(dict(type='BicubicDownsampling')), "'factor'; it takes: factor, padding"),
        (cfg(dict(type='UniformBlur', size=-1)), 'physics UniformBlur: UniformBlur: size=-1'),
        (
            cfg(dict(type='Compose', operators=[dict(type='Luminanc')])),
            'did you mean Luminance',
        ),
        (
            cfg(dict(type='Blur', filter=dict(type='gausian_blur'))),
            "filter of deepinv named 'gausian_blur'; did you mean gaussian_blur",
        ),
    ],
)
def test_bad_config_is_one_clear_line(config, message):
    with pytest.raises(DegradationError, match=message) as caught:
        build_degradation(config)
    assert '\n' not in str(caught.value)


def test_config_must_be_plain_data():
    with pytest.raises(DegradationError, match='Tensor is not JSON serializable; a config holds'):
        get_degradation(cfg(dict(type='UniformBlur', size=torch.ones(2))))


def test_bad_binding():
    degradation = build_degradation(cfg(dict(type='FileMask')))
    with pytest.raises(DegradationError, match='FileMask has no parameter maks; it takes: mask'):
        degradation.bind({'maks': torch.ones(1, 1, 8, 8)}, (3, 8, 8))
    with pytest.raises(DegradationError, match='the mask is 8×9 and the image 8×8'):
        degradation.bind({'mask': torch.ones(1, 1, 8, 9)}, (3, 8, 8))
    noisy = build_degradation(cfg('Identity', noise=dict(type='GaussianNoise', sigma=0.1)))
    with pytest.raises(DegradationError, match='needs generators and the parameter sigma'):
        noisy.measure(photos(), {'sigma': torch.full((3,), 0.1)})
    with pytest.raises(DegradationError, match='3 measurements need as many generators, not 2'):
        noisy.measure(photos(), {'sigma': torch.full((3,), 0.1)}, noises('ab'))


def test_import_is_light():
    code = (
        'import sys, mmgenprior.degradations; '
        'print([m for m in ("mmagic", "mmcv", "mmpretrain") if m in sys.modules])'
    )
    out = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == '[]'
