"""Every operator of deepinv: pictures go all the way through it, or one line says why not."""

from __future__ import annotations

import inspect

import deepinv
import numpy as np
import pytest
import torch

import mmgenprior.components  # noqa: F401  (before mmagic)

# isort: split
from mmagic.registry import MODELS, TRANSFORMS

from mmgenprior.degradations import (
    Degradation,
    DegradationError,
    build_degradation,
    get_degradation,
)
from mmgenprior.degradations.deepinv_operators import FORMS, REFUSED
from mmgenprior.editors.hallucination import hallucination_map
from mmgenprior.structures import MeasurementBatch

SHAPE = (3, 16, 16)
SIZE = list(SHAPE)
PRIOR = dict(
    type='DCGANPrior',
    generator=dict(type='DCGANGenerator', output_scale=16, noise_size=8, base_channels=16),
)


def numbers(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)).tolist()


def tensor(*shape, scale=1.0, shift=0.0):
    data = (torch.tensor(numbers(*shape)) * scale + shift).tolist()
    return dict(type='tensor', data=data)


GAUSS = dict(type='gaussian_blur', sigma=1.0)
MASK = dict(type='tensor', data=[[float((i * j) % 3 == 0) for i in range(16)] for j in range(16)])
MRI = dict(type='MRI', mask=MASK)
COILS = dict(type='complex_tensor', real=numbers(1, 2, 16, 16), imag=numbers(1, 2, 16, 16, seed=1))

LINEAR = {
    'Blur': dict(filter=GAUSS, padding='circular'),
    'BlurFFT': dict(img_size=SIZE, filter=GAUSS),
    'CompressedSensing': dict(m=50, img_size=SIZE),
    'CompressiveSpectralImaging': dict(img_size=SIZE),
    'Decolorize': {},
    'DecomposablePhysics': {},
    'Demosaicing': dict(img_size=SIZE),
    'Denoising': {},
    'Downsampling': dict(img_size=SIZE, filter='bilinear'),
    'DownsamplingMatlab': {},
    'HyperSpectralUnmixing': dict(E=3, C=5),
    'Inpainting': dict(img_size=SIZE, mask=0.5),
    'MRI': dict(mask=MASK),
    'MultiCoilMRI': dict(mask=MASK, coil_maps=COILS),
    'Pansharpen': dict(img_size=SIZE),
    'PtychographyLinearOperator': dict(img_size=[1, 16, 16]),
    'SinglePixelCamera': dict(m=50, img_size=SIZE),
    'SpaceVaryingBlur': dict(
        filters=tensor(1, 1, 2, 3, 3, scale=0.1),
        multipliers=tensor(1, 1, 2, 16, 16),
        padding='circular',
    ),
    'StackedLinearPhysics': dict(physics_list=[MRI, dict(type='Luminance')]),
    'StructuredRandom': dict(img_size=SIZE, output_size=SIZE),
    'TiledSpaceVaryingBlur': dict(filters=tensor(1, 1, 9, 3, 3, scale=0.2), patch_size=8, stride=4),
    'Tomography': dict(angles=20, img_width=16),
    'UltrasoundPlaneWave': dict(
        img_size=[16, 16],
        angles=[0.0],
        element_positions=tensor(8, 2, scale=0.01),
        pixel_size=[1e-4, 1e-4],
        n_samples=100,
        sampling_frequency=1e7,
    ),
    'Upsampling': dict(img_size=[3, 32, 32], filter='bilinear'),
}
NONLINEAR = {
    'Haze': dict(beta=0.7),
    'PhaseRetrieval': dict(B=dict(type='CompressedSensing', m=50, img_size=SIZE)),
    'Ptychography': dict(img_size=[1, 16, 16]),
    'RandomPhaseRetrieval': dict(m=500, img_size=SIZE),
    'Scattering': dict(
        img_width=16, receivers=tensor(2, 4, shift=1.0), transmitters=tensor(2, 4, shift=-2.0)
    ),
    'SpatialUnwrapping': dict(threshold=0.4),
    'StackedPhysics': dict(
        physics_list=[dict(type='Blur', filter=GAUSS), dict(type='SpatialUnwrapping')]
    ),
    'StructuredRandomPhaseRetrieval': dict(img_size=SIZE, output_size=SIZE, n_layers=2),
}
# Need a package or a device that a test cannot count on.
FURTHER = {
    'NonCartesianMRI': dict(img_size=[16, 16]),
    'RadioInterferometry': dict(img_size=[16, 16], samples_loc=tensor(2, 40)),
    'TomographyWithAstra': dict(img_size=[16, 16]),
}
every = pytest.mark.parametrize('name', [*LINEAR, *NONLINEAR])


def config(name):
    return dict(physics=dict(type=name, **{**LINEAR, **NONLINEAR}[name]), centre=0.5)


def photos(batch=2):
    return torch.rand(batch, *SHAPE, generator=torch.Generator().manual_seed(7))


def test_every_operator_of_deepinv_is_in_the_list():
    classes = {
        name
        for name, value in vars(deepinv.physics).items()
        if inspect.isclass(value) and issubclass(value, deepinv.physics.Physics)
    }
    assert classes <= {*LINEAR, *NONLINEAR, *FURTHER, *REFUSED}
    assert not set(REFUSED) & {*LINEAR, *NONLINEAR, *FURTHER}
    assert set(FORMS) <= {*LINEAR, *NONLINEAR}


@every
def test_pictures_go_through(name):
    degradation = build_degradation(config(name))
    x = photos()
    y = degradation.measure(x, {})
    assert torch.is_tensor(y) and y.dtype == torch.float32 and torch.isfinite(y).all()
    bound = degradation.bind({}, SHAPE)
    torch.testing.assert_close(bound.predict(x), y)
    alone = degradation.measure(x[1:], {})
    torch.testing.assert_close(alone[0], y[1], rtol=1e-4, atol=1e-5)
    picture = bound.measurement_image(y, SHAPE)
    assert picture.shape[:2] == (2, 3) and 0 <= picture.min() <= picture.max() <= 1
    if bound.image_like:
        assert bound.measurement_from_image(picture).shape[2:] == y.shape[2:]
    else:
        assert picture.shape == x.shape
        with pytest.raises(DegradationError, match=f'of {name} is no picture'):
            bound.measurement_from_image(picture)
    image = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad((bound.predict(image) - y.roll(1, 0)).square().sum(), image)
    assert torch.isfinite(gradient).all() and gradient.abs().max() > 0


@pytest.mark.parametrize('name', LINEAR)
def test_linear_ones_have_adjoint_and_pseudo_inverse(name):
    bound = build_degradation(config(name)).bind({}, SHAPE)
    assert bound.has_inverse
    x = photos()
    y = bound.forward_operator(x)
    assert bound.pseudo_inverse(y).shape == bound.adjoint_image(y).shape == x.shape
    assert bound.back_project(x.flip(0), y).shape == x.shape
    # deepinv's own flat filters are the exact transpose of nothing else here.
    if name in FORMS:
        v = torch.randn(y.shape, generator=torch.Generator().manual_seed(1))
        left = ((y - bound.forward_operator(x * 0)) * v).sum()
        right = (x * (bound.adjoint_image(v) - 0.5)).sum()
        assert abs(left - right) <= 1e-5 * y.norm() * v.norm()
        gap = bound.forward_operator(bound.back_project(x.flip(0), y)) - y
        assert gap.norm() <= 2e-3 * y.norm()


@pytest.mark.parametrize('name', NONLINEAR)
def test_nonlinear_ones_say_that_they_have_no_inverse(name):
    degradation = get_degradation(config(name))
    bound = degradation.bind({}, SHAPE)
    x = photos()
    y = bound.forward_operator(x)
    uses = (
        lambda: bound.pseudo_inverse(y),
        lambda: bound.adjoint_image(y),
        lambda: bound.back_project(x, y),
    )
    for use in uses:
        with pytest.raises(DegradationError, match=f'^{name} is not linear and has no') as caught:
            use()
        assert '\n' not in str(caught.value)
    batch = MeasurementBatch(y, degradation, SHAPE, ['a', 'b'])
    assert hallucination_map(batch) is None
    if not bound.image_like:
        assert (bound.measurement_image(y) == 0.5).all()


@every
def test_a_degraded_photo_is_searched(name):
    photo = (photos(1)[0].permute(1, 2, 0).numpy() * 255).astype(np.float32)
    degrade = TRANSFORMS.build(dict(type='Degrade', degradation=config(name)))
    results = degrade(dict(gt=photo, key='a'))
    assert results['img'].dtype == np.float32
    measurement = results['measurement']
    editor = MODELS.build(dict(type='CSGM', prior=PRIOR, stages=[dict(iterations=2)]))
    batch = MeasurementBatch(
        measurement.y[None], get_degradation(measurement.degradation), SHAPE, ['a']
    )
    restoration = editor.restore(batch)
    assert restoration.variants['CSGM'].shape == (1, *SHAPE)
    assert torch.isfinite(restoration.trace).all()


def test_channels_are_measured_alike():
    bound = build_degradation(config('MRI')).bind({}, SHAPE)
    x = photos()
    y = bound.forward_operator(x)
    assert y.shape == (2, 3, 2, 16, 16)
    spectrum = torch.fft.fftshift(
        torch.fft.fft2(torch.fft.ifftshift(x - 0.5, dim=(2, 3)), norm='ortho'), dim=(2, 3)
    )
    expected = torch.stack([spectrum.real, spectrum.imag], dim=2)
    torch.testing.assert_close(y, expected * torch.tensor(MASK['data']), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('centre', [0.0, 0.5])
def test_haze_veils_the_picture(centre):
    cfg = dict(physics=dict(type='Haze', beta=0.7), centre=centre)
    x = photos()
    y = build_degradation(cfg).measure(x, {})
    t = np.exp(-0.7)
    torch.testing.assert_close(y + centre, t * x + (1 - t))


def test_phase_is_lost():
    bound = build_degradation(config('RandomPhaseRetrieval')).bind({}, SHAPE)
    x = photos()
    torch.testing.assert_close(bound.forward_operator(x), bound.forward_operator(1 - x))


@pytest.mark.parametrize('name', REFUSED)
def test_what_is_not_for_pictures_is_refused_in_one_line(name):
    if not hasattr(deepinv.physics, name):
        pytest.skip(f'this deepinv has no {name}')
    with pytest.raises(DegradationError, match=f'physics {name} of deepinv .*: ') as caught:
        build_degradation(dict(physics=dict(type=name)))
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('name', FURTHER)
def test_what_wants_another_package_says_so_in_one_line(name):
    try:
        degradation = build_degradation(dict(physics=dict(type=name, **FURTHER[name])))
        degradation.measure(photos(), {})
    except DegradationError as error:
        assert name in str(error) and '\n' not in str(error)


@pytest.mark.parametrize(
    ('physics', 'message'),
    [
        (dict(type='HyperSpectralUnmixing'), 'cannot measure images of 3×16×16: Number of endm'),
        (dict(type='RandomPhaseRetrieval', m=5, img_size=[1, 16, 16]), 'cannot measure images'),
        (dict(type='Tomography', angles=4, img_width=8), 'Tomography of deepinv cannot measure'),
    ],
    ids=lambda value: value['type'] if isinstance(value, dict) else '',
)
def test_wrong_shapes_are_one_line_when_bound(physics, message):
    degradation = build_degradation(dict(physics=physics))
    for use in (
        lambda: degradation.bind({}, SHAPE),
        lambda: degradation.measure(photos(), {}),
    ):
        with pytest.raises(DegradationError, match=message) as caught:
            use()
        assert '\n' not in str(caught.value)


class Spectrum(deepinv.physics.LinearPhysics):
    """An operator of somebody's own that measures complex numbers."""

    def A(self, x, **kwargs):
        return torch.fft.fft2(x)


def test_complex_measurements_are_refused():
    with pytest.raises(DegradationError, match='Spectrum .* makes torch.complex64 numbers of im'):
        Degradation(Spectrum()).bind({}, SHAPE)


def test_bound_copies_do_not_meet():
    degradation = build_degradation(config('StackedLinearPhysics'))
    degradation.bind({}, SHAPE)
    parts = degradation.physics.theirs.physics_list
    assert parts[0].image_shape is None and degradation.physics.image_shape is None
