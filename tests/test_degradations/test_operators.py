"""Operators against PyTorch's own functions, over factors, sizes, ratios; and their bad input."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from mmgenprior.degradations import (
    BicubicDownsampling,
    BilinearDownsampling,
    BilinearUpsampling,
    BoxMask,
    Compose,
    DegradationError,
    FileMask,
    FourierSubsampling,
    GaussianBlur,
    GaussianCompressedSensing,
    HSVValue,
    LanczosDownsampling,
    Luminance,
    PILLanczosDownsampling,
    Quantization,
    RandomBoxesMask,
    UniformBlur,
    symmetric_random_mask,
)
from mmgenprior.degradations.linear_solvers import pseudo_inverse

sides = st.integers(1, 24)
few = settings(max_examples=25, deadline=None)
MODES = {
    'zeros': 'constant',
    'circular': 'circular',
    'replicate': 'replicate',
    'reflect': 'reflect',
}


def image(*shape, seed=0, dtype=torch.float64):
    return torch.rand(2, *shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def assert_laws(operator, shape, tolerance=1e-8):
    operator.set_image_shape(shape)
    x, other = image(*shape), image(*shape, seed=1)
    y = operator.A(x)
    v = operator.A(other) - 0.3
    assert tuple(y.shape[1:]) == operator.measurement_shape(shape)
    scale = y.norm() * v.norm() + 1e-12
    assert abs((y * v).sum() - (x * operator.A_adjoint(v)).sum()) <= 1e-10 * scale
    projected = other + operator.A_dagger(y - operator.A(other))
    assert (operator.A(projected) - y).norm() <= tolerance * (y.norm() + 1e-12)
    lsq = operator.A_dagger(v)
    gap = operator.A_dagger(operator.A(lsq)) - lsq
    assert gap.norm() <= tolerance * (lsq.norm() + 1e-12)


@few
@given(st.integers(1, 6), sides, sides)
def test_bilinear_downsampling_is_torchs(factor, height, width):
    assume(min(height, width) >= factor)
    operator = BilinearDownsampling(factor)
    x = image(3, height, width)
    whole = x[..., : height // factor * factor, : width // factor * factor]
    size = (height // factor, width // factor)
    reference = F.interpolate(whole, size=size, mode='bilinear', align_corners=False)
    torch.testing.assert_close(operator.A(x), reference, rtol=0, atol=1e-12)
    assert_laws(operator, (3, height, width))


@few
@given(st.integers(1, 6), sides, sides, st.sampled_from([BicubicDownsampling, LanczosDownsampling]))
def test_downsampling_of_any_size(factor, height, width, kind):
    assume(min(height, width) >= factor)
    operator = kind(factor)
    x = image(3, height, width)
    pad = (len(operator.taps) - factor) // 2
    mode = MODES[operator.padding]
    reference = F.conv2d(
        F.pad(x.flatten(0, 1)[:, None], (pad,) * 4, mode=mode),
        operator.kernel[None, None],
        stride=factor,
    )
    y = operator.A(x)
    assert y.shape[2:] == (height // factor, width // factor)
    torch.testing.assert_close(y, reference.view(y.shape), rtol=0, atol=1e-12)
    assert_laws(operator, (3, height, width))


@few
@given(st.integers(1, 5), sides, sides)
def test_bilinear_upsampling(factor, height, width):
    x = image(3, height, width)
    operator = BilinearUpsampling(factor)
    reference = F.interpolate(x, scale_factor=factor, mode='bilinear', align_corners=False)
    torch.testing.assert_close(operator.A(x), reference, rtol=0, atol=1e-12)
    assert_laws(operator, (3, height, width))


@few
@given(st.integers(1, 9), st.integers(1, 9), sides, sides, st.sampled_from(list(MODES)))
def test_uniform_blur(rows, columns, height, width, padding):
    top, left = (rows - 1) // 2, (columns - 1) // 2
    # PyTorch's reflect and circular paddings are limited by the image; ours are not.
    assume(max(rows // 2, 1) < height and max(columns // 2, 1) < width)
    x = image(3, height, width)
    padded = F.pad(x, (left, columns - 1 - left, top, rows - 1 - top), mode=MODES[padding])
    reference = F.avg_pool2d(padded, (rows, columns), stride=1)
    operator = UniformBlur((rows, columns), padding)
    torch.testing.assert_close(operator.A(x), reference, rtol=0, atol=1e-12)
    assert_laws(operator, (3, height, width))


@few
@given(st.floats(0.2, 4), sides, sides, st.sampled_from(list(MODES)))
def test_gaussian_blur(sigma, height, width, padding):
    operator = GaussianBlur(sigma, padding)
    if padding != 'zeros':
        flat = torch.ones(1, 3, height, width, dtype=torch.float64)
        torch.testing.assert_close(operator.A(flat), flat, rtol=0, atol=1e-12)
    # A few samples and one singular value at the threshold: rounding / rcond is the accuracy.
    assert_laws(operator, (3, height, width), tolerance=2e-7)


def test_gaussian_kernel_has_its_standard_deviation():
    taps = GaussianBlur(2.0).kernels[0]
    grid = torch.arange(len(taps)) - (len(taps) - 1) / 2
    assert math.isclose((taps * grid**2).sum().sqrt().item(), 2.0, rel_tol=2e-3)


@few
@given(st.floats(0.05, 1), sides, sides, st.integers(0, 99))
def test_fourier_of_any_size(ratio, height, width, seed):
    operator = FourierSubsampling(ratio=ratio, seed=seed)
    mask = operator.mask(height, width)
    assert mask.any() and torch.equal(mask, mask.flip(0)) and torch.equal(mask, mask.flip(1))
    assert_laws(operator, (2, height, width))


def test_fourier_with_everything_observed_is_an_isometry():
    operator = FourierSubsampling(ratio=0.5)
    operator._build_mask = lambda height, width: torch.ones(height, width, dtype=torch.bool)
    operator.set_image_shape((3, 9, 14))
    x = image(3, 9, 14)
    torch.testing.assert_close(operator.A_adjoint(operator.A(x)), x, rtol=0, atol=1e-14)


@pytest.mark.parametrize('ratio', [0.1, 0.3, 0.5])
def test_fourier_calibration_meets_the_ratio(ratio):
    assert FourierSubsampling(ratio, calibrate=True).observed_ratio(64, 96) == pytest.approx(
        ratio, abs=0.01
    )
    # The official scale does not, as the reference notes have it for a side of 1024.
    assert FourierSubsampling(0.5).observed_ratio(1024, 1024) == pytest.approx(0.538, abs=2e-3)


def test_fourier_mask_leaves_numpys_stream_alone():
    import numpy as np

    np.random.seed(1)  # noqa: NPY002
    expected = np.random.RandomState(1).rand()
    symmetric_random_mask(16, 16, (4, 4), 7)
    assert np.random.rand() == expected  # noqa: NPY002


@few
@given(st.floats(0.02, 0.9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 70))
def test_compressed_sensing_of_any_ratio(ratio, height, width, block_rows):
    operator = GaussianCompressedSensing(ratio=ratio, block_rows=block_rows, mode='blocked')
    assert_laws(operator, (3, height, width))


def test_compressed_sensing_entries_depend_on_seed_and_size_only():
    x = image(3, 8, 7)
    outputs = {
        (mode, rows): GaussianCompressedSensing(m=50, mode=mode, block_rows=rows, seed=5).A(x)
        for mode in ('stored', 'blocked', 'regenerated')
        for rows in (1, 7, 50, 1000)
    }
    first = outputs['stored', 7]
    for other in outputs.values():
        torch.testing.assert_close(other, first, rtol=0, atol=1e-12)
    assert not torch.allclose(GaussianCompressedSensing(m=50, seed=6).A(x), first)


def test_compressed_sensing_entries_are_gaussian():
    m = 400
    impulses = torch.eye(3000, dtype=torch.float64).view(3000, 3, 40, 25)
    rows = GaussianCompressedSensing(m=m).A(impulses).t() * m**0.5
    assert abs(rows.mean()) < 5 / (m * 3000) ** 0.5
    assert rows.var() == pytest.approx(1, abs=5 * (2 / (m * 3000)) ** 0.5)
    assert (rows**4).mean() == pytest.approx(3, abs=5 * (96 / (m * 3000)) ** 0.5)
    gram = rows @ rows.t() / 3000
    assert (gram - torch.eye(m)).abs().max() < 6 * (2 / 3000) ** 0.5


def test_compressed_sensing_regenerated_keeps_no_matrix():
    operator = GaussianCompressedSensing(m=20, mode='regenerated')
    operator.A(image(3, 8, 8))
    assert not operator._kept


def test_conjugate_gradients_have_the_gradient_of_the_pseudo_inverse():
    matrix = torch.randn(6, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    y = torch.randn(2, 6, dtype=torch.float64, requires_grad=True)
    solve = lambda v: pseudo_inverse(v, lambda a: a @ matrix.t(), lambda a: a @ matrix)  # noqa: E731
    torch.testing.assert_close(solve(y), y @ torch.linalg.pinv(matrix).t(), rtol=0, atol=1e-10)
    assert torch.autograd.gradcheck(solve, (y,))


def test_conjugate_gradients_say_when_they_did_not_converge():
    with pytest.warns(UserWarning, match='stopped after 2 iterations'):
        pseudo_inverse(torch.ones(1, 4), lambda v: v * torch.arange(1, 5), lambda v: v, max_iter=2)


@few
@given(st.integers(20, 90), st.integers(20, 90), st.integers(0, 10**6))
def test_random_boxes(height, width, seed):
    operator = RandomBoxesMask(side_mean=12, side_std=6, min_side=9)
    draw = lambda: operator.draw_parameters(  # noqa: E731
        (3, height, width), torch.Generator().manual_seed(seed)
    )['mask']
    mask = draw()
    assert mask.shape == (1, height, width) and set(mask.unique().tolist()) <= {0.0, 1.0}
    assert torch.equal(mask, draw())
    # Every hole pixel lies in a hole of at least 9×9: opening the hole set changes nothing.
    holes = (1 - mask)[None]
    eroded = -F.max_pool2d(-holes, 9, stride=1)
    opened = F.max_pool2d(F.pad(eroded, (8,) * 4), 9, stride=1)
    assert torch.equal(opened, holes)
    assert holes.sum() >= 81


def test_random_boxes_of_the_paper():
    boxes = [
        RandomBoxesMask()._draw_box(256, 256, torch.Generator().manual_seed(i)) for i in range(600)
    ]
    boxes = torch.tensor(boxes)
    assert (boxes[:, 2:] >= 9).all() and (boxes[:, :2] + boxes[:, 2:] <= 256).all()
    # Holes that leave the image are drawn again, which favours small ones: below the mean of 64.
    assert 45 < boxes[:, 2:].double().mean() < 64
    counts = [
        int(torch.randint(2, 5, (), generator=torch.Generator().manual_seed(i))) for i in range(90)
    ]
    assert set(counts) == {2, 3, 4}


def test_mask_file(tmp_path):
    picture = torch.zeros(6, 9, dtype=torch.uint8)
    picture[1:3] = 255
    Image.fromarray(picture.numpy()).save(tmp_path / 'mask.png')
    operator = FileMask(str(tmp_path / 'mask.png'))
    mask = operator.draw_parameters((3, 6, 9), torch.Generator())['mask']
    assert torch.equal(mask, (picture > 0).float()[None])
    with pytest.raises(DegradationError, match='mask is 6×9 and the image 9×6'):
        operator.draw_parameters((3, 9, 6), torch.Generator())


def test_value_is_measured_exactly_by_its_right_inverse():
    operator = HSVValue()
    x, other = image(3, 5, 6), image(3, 5, 6, seed=1)
    y = operator.A(x)
    assert torch.equal(y[:, 0], x.max(dim=1).values)
    projected = other + operator.A_dagger(y - operator.A(other))
    torch.testing.assert_close(operator.A(projected), y, rtol=0, atol=1e-15)


@given(st.integers(2, 256), st.sampled_from([0.0, 0.5]))
@few
def test_quantization(levels, centre):
    operator = Quantization(levels, centre=centre)
    x = image(3, 7, 8) * 1.4 - 0.2
    y = operator.A(x - centre) + centre
    steps = y * (levels - 1)
    torch.testing.assert_close(steps, steps.round(), rtol=0, atol=1e-9)
    assert (y - x.clamp(0, 1)).abs().max() <= 0.5 / (levels - 1) + 1e-12
    torch.testing.assert_close(operator.A(y - centre) + centre, y, rtol=0, atol=1e-12)
    assert operator.surrogate.A(x) is x


@few
@given(st.integers(1, 4), st.integers(4, 20), st.integers(4, 20))
def test_pil_lanczos_stays_near_its_surrogate_shape(factor, height, width):
    operator = PILLanczosDownsampling(factor)
    x = image(3, height, width)
    assert operator.A(x).shape == operator.surrogate.A(x).shape
    flat = torch.full((1, 3, height, width), 0.6001)
    # 0.6001·255 = 153.03 is cut to 153, not rounded up; a flat image stays flat.
    torch.testing.assert_close(operator.A(flat), torch.full_like(operator.A(flat), 153 / 255))


def test_composition_multiplies_separable_runs():
    operator = Compose([LanczosDownsampling(2), Luminance(), UniformBlur(3)])
    assert len(operator.operators) == 1
    x = image(3, 13, 12)
    expected = UniformBlur(3).A(Luminance().A(LanczosDownsampling(2).A(x)))
    torch.testing.assert_close(operator.A(x), expected, rtol=0, atol=1e-13)
    assert_laws(operator, (3, 13, 12))


def test_composition_keeps_equal_parameter_names_apart():
    operator = Compose([UniformBlur(3), FileMask(), Luminance(), FileMask()])
    assert operator.parameter_names == ('mask_1', 'mask_3')
    masks = {name: (image(1, 6, 7, seed=i) > 0.5).double() for i, name in enumerate(('a', 'b'))}
    x = image(3, 6, 7)
    y = operator.A(x, mask_1=masks['a'], mask_3=masks['b'])
    expected = Luminance().A(UniformBlur(3).A(x) * masks['a']) * masks['b']
    torch.testing.assert_close(y, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    'transform',
    [
        lambda x: x.to(memory_format=torch.channels_last),
        lambda x: torch.cat([x, x], 3)[..., 22:],
    ],
)
def test_memory_layout_does_not_matter(transform):
    x = image(3, 17, 22)
    operator = BicubicDownsampling(3)
    assert torch.equal(operator.A(transform(x)), operator.A(x))


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: BicubicDownsampling(2.5), 'factor=2.5 must be an integer'),
        (lambda: LanczosDownsampling(0), 'factor=0 must be an integer of at least 1'),
        (lambda: BicubicDownsampling(2, padding='same'), "padding='same' is none of circular"),
        (lambda: BicubicDownsampling(2, pseudo_inverse='x'), "neither 'closed_form' nor 'bicubic'"),
        (lambda: LanczosDownsampling(2, upsample='x'), "upsample='x' is neither"),
        (lambda: UniformBlur(0), 'size=0 must be'),
        (lambda: GaussianBlur(-1), 'sigma=-1 must be'),
        (lambda: GaussianBlur(1, padding='x'), "padding='x' is none of"),
        (lambda: BoxMask(), 'either size or fraction'),
        (lambda: BoxMask(fraction=1.5), 'fraction=1.5 must lie between 0 and 1'),
        (
            lambda: BoxMask(9).A(torch.zeros(1, 3, 8, 12)),
            'hole of 9×9 does not fit an image of 8×12',
        ),
        (lambda: RandomBoxesMask(count=(4, 2)), r'count=\(4, 2\) must be'),
        (
            lambda: RandomBoxesMask().draw_parameters((3, 8, 8), torch.Generator()),
            'fits an image of 8×8',
        ),
        (lambda: FileMask().A(torch.zeros(1, 3, 8, 8)), 'has no mask yet'),
        (lambda: FileMask('absent.png'), "no mask file 'absent.png'"),
        (
            lambda: FileMask().A(torch.zeros(1, 3, 8, 8), mask=torch.ones(1, 1, 8, 9)),
            'the mask is 8×9 and the image 8×8',
        ),
        (
            lambda: FileMask().A(torch.zeros(4, 3, 8, 8), mask=torch.ones(3, 1, 8, 8)),
            'does not fit a batch of 4 images',
        ),
        (lambda: Luminance((1, -1)), 'must have a finite sum, not 0'),
        (lambda: Luminance().A(torch.zeros(1, 1, 4, 4)), 'mixes 3 channels and the image has 1'),
        (lambda: Quantization(1), 'levels=1 must be an integer >= 2'),
        (lambda: GaussianCompressedSensing(ratio=1.2), r'ratio=1.2 must lie in \(0, 1\]'),
        (lambda: GaussianCompressedSensing(), 'either ratio or m'),
        (lambda: GaussianCompressedSensing(m=5, mode='x'), "mode='x' is none of stored, blocked"),
        (lambda: GaussianCompressedSensing(m=50).A(torch.zeros(1, 1, 7, 7)), 'm=50 exceeds the 49'),
        (lambda: GaussianCompressedSensing(m=5).A_adjoint(torch.zeros(1, 5)), 'set image_shape'),
        (lambda: FourierSubsampling(), 'either ratio or threshold'),
        (lambda: FourierSubsampling(0.0), r'ratio=0.0 must lie in \(0, 1\]'),
        (
            lambda: FourierSubsampling(0.9, calibrate=True).mask(32, 32),
            'come no closer to ratio=0.9',
        ),
        (lambda: FourierSubsampling(0.5).A_adjoint(torch.zeros(1, 3, 4)), 'set image_shape'),
        (lambda: Compose([]), 'operators is empty'),
        (lambda: BicubicDownsampling(8).set_image_shape((3, 7, 9)), 'side of 7 pixels is shorter'),
        (lambda: BilinearUpsampling(2).A_adjoint(torch.zeros(1, 3, 5, 4)), 'cannot have given'),
    ],
)
def test_bad_input_is_one_clear_line(make, message):
    with pytest.raises(DegradationError, match=message) as caught:
        make()
    assert '\n' not in str(caught.value)


def test_measurement_of_another_image_size_is_refused():
    operator = BicubicDownsampling(4)
    operator.set_image_shape((3, 18, 22))
    with pytest.raises(DegradationError, match='5×5 does not belong to images of 18×22.*4×5'):
        operator.A_dagger(torch.zeros(1, 3, 5, 5))
