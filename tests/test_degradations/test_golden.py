"""The official code's numbers, recorded (skipped where the reference data is absent)."""

import numpy as np
import pytest
import torch

from mmgenprior.degradations import (
    BicubicDownsampling,
    BoxMask,
    Compose,
    FourierSubsampling,
    LanczosDownsampling,
    Luminance,
    PILLanczosDownsampling,
    build_degradation,
)

RANGE = 2.0  # images in [-1, 1]


@pytest.fixture
def iagan(shared):
    arrays = np.load(shared('golden', 'iagan_ops', 'ops.npz'))
    return lambda name: torch.from_numpy(arrays[name])


@pytest.fixture
def dgp(shared):
    arrays = np.load(shared('golden', 'dgp', 'preprocess.npz'))
    return lambda name: torch.from_numpy(arrays[name])


def unsigned(u8):
    """HWC uint8 to 1×3×H×W in [0, 1], with the official rounding."""
    return (u8.float() / 255).permute(2, 0, 1)[None]


def close(a, b, tolerance):
    assert a.shape == b.shape
    assert (a - b).abs().max() <= tolerance


@pytest.mark.parametrize('factor', [3, 4, 8, 16])
def test_bicubic_kernel(iagan, factor):
    kernel = BicubicDownsampling(factor).kernel
    close(kernel, iagan(f'kernel_s{factor}_f64'), 1e-14)
    close(kernel.float(), iagan(f'kernel_s{factor}'), 1e-6)


@pytest.mark.parametrize(
    ('factor', 'source', 'expected'),
    [(4, 'in_x64', 'y_rand_s4'), (8, 'in_x64', 'y_rand_s8'), (3, 'in_x63', 'y63_s3')],
)
def test_bicubic_measurement(iagan, factor, source, expected):
    operator = BicubicDownsampling(factor)
    close(operator.A(iagan(source).double()), iagan(f'{expected}_f64'), 1e-13)
    close(operator.A(iagan(source)), iagan(expected), 1e-6 * RANGE)


@pytest.mark.parametrize('factor', [4, 8])
def test_bicubic_pseudo_inverse_and_back_projection(iagan, factor):
    operator = BicubicDownsampling(factor, pseudo_inverse='bicubic')
    y, x = operator.A(iagan('in_x64')), iagan('in_bpx')
    close(operator.A_dagger(y), iagan(f'Adag_rand_s{factor}'), 1e-6 * RANGE)
    projected = x + operator.A_dagger(y - operator.A(x))
    close(projected, iagan(f'bp_rand_s{factor}'), 1e-6 * RANGE)
    close(operator.A(projected) - y, iagan(f'A_bp_minus_y_s{factor}'), 1e-6 * RANGE)


def test_back_projection_of_a_photo_through_the_adapter(iagan):
    degradation = build_degradation(
        dict(
            physics=dict(type='BicubicDownsampling', factor=8, pseudo_inverse='bicubic'), centre=0.5
        )
    )
    photo = unsigned(iagan('in_crop_u8'))
    y = degradation.measure(photo, {})
    # Measurements on [0, 1] are half of those on [-1, 1].
    close(2 * y, iagan('crop_y_s8'), 1e-6 * RANGE)
    official = 0.5 * (photo * 2 - 1)
    projected = degradation.back_project(official / 2 + 0.5, y)
    close(projected * 2 - 1, iagan('crop_bp_s8'), 1e-6 * RANGE)


def test_fourier(iagan):
    operator = FourierSubsampling(threshold=16, seed=7)
    official = iagan('fft_mask')[0, 0]
    assert torch.equal(operator.mask(64, 64).float(), official[..., 0])
    assert operator.observed_ratio(64, 64) == iagan('fft_ratio').item()
    x = iagan('in_xfft')
    operator.set_image_shape((3, 64, 64))
    y = operator.A(x)
    close(y, iagan('fft_X'), 1e-6 * RANGE)
    # The official inverse depends on the FFT library; the real part is the one that is an adjoint.
    close(operator.A_adjoint(y), iagan('fft_xrec_real_ifft2'), 1e-6 * RANGE)


def test_fourier_nominal_ratio_is_the_official_threshold(iagan):
    mask = FourierSubsampling(ratio=0.5, seed=7).mask(64, 64)
    assert torch.equal(mask.float(), iagan('fft_mask')[0, 0, ..., 0])


def test_lanczos_kernels(dgp):
    close(LanczosDownsampling(4).kernel, dgp('kernel_SR'), 1e-7)
    close(LanczosDownsampling(2).kernel, dgp('kernel_hybrid'), 1e-7)


@pytest.mark.parametrize(('gain', 'suffix'), [(1.0, ''), (1.3, '_of_1.3x')])
def test_dgp_super_resolution(dgp, gain, suffix):
    x = gain * (unsigned(dgp('img_u8')) * 2 - 1)
    loss = LanczosDownsampling(4, upsample='bilinear')
    close(loss.A(x), dgp(f'pp_SR_x{suffix}'), 1e-6 * RANGE * gain)
    measured = PILLanczosDownsampling(4, upsample='bilinear', centre=0.5)
    close(2 * measured.A(x / 2), dgp(f'pp_SR_target{suffix}'), 1e-6 * RANGE)


def test_dgp_hybrid(dgp):
    x = unsigned(dgp('img_u8')) * 2 - 1
    rest = [Luminance(), BoxMask(fraction=1 / 3)]
    operator = Compose([PILLanczosDownsampling(2, upsample='bilinear', centre=0.5), *rest])
    close(2 * operator.A(x / 2), dgp('pp_hybrid_target_1ch'), 1e-6 * RANGE)
    close(operator.surrogate.A(x), dgp('pp_hybrid_x_1ch'), 1e-6 * RANGE)


def test_dgp_colorization(dgp):
    x = unsigned(dgp('img_u8')) * 2 - 1
    close(Luminance().A(x), dgp('pp_colorization_gray_1ch'), 1e-6 * RANGE)


def test_dgp_hole(dgp):
    official = dgp('pp_inpainting_mask')
    mask = BoxMask(fraction=1 / 3).A(torch.ones(1, 1, *official.shape))[0, 0]
    assert torch.equal(mask, official)
