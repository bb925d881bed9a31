"""What the damage left is in the result, to float level or within rounding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmgenprior.photos import Placement, exact
from mmgenprior.photos.exact import LUMINANCE
from mmgenprior.utils.errors import UserError

WEIGHTS = np.array(LUMINANCE) / sum(LUMINANCE)
SHAPE = (40, 60)


def picture(seed, dtype=np.float64, channels=3):
    values = np.random.default_rng(seed).random((*SHAPE, channels))
    values = values[..., 0] if channels == 1 else values
    if np.dtype(dtype).kind == 'f':
        return values.astype(dtype)
    return np.rint(values * np.iinfo(dtype).max).astype(dtype)


def block_means(factor):
    """Reduction by averages of blocks, and its adjoint."""

    def A(x):
        h, w = x.shape[0] // factor, x.shape[1] // factor
        return x.reshape(h, factor, w, factor, -1).mean((1, 3))

    def adjoint(y):
        return np.repeat(np.repeat(y, factor, 0), factor, 1) / factor**2

    return A, adjoint


def blurred_reduction(factor):
    """A stretched tent at a stride, which overlaps as a bicubic reduction does; and its adjoint."""
    taps = np.convolve(np.ones(factor), np.ones(factor + 1))
    taps = taps / taps.sum()

    def matrix(size):
        rows = np.zeros((size // factor, size))
        for i in range(len(rows)):
            for k, tap in enumerate(taps):
                j = min(max(i * factor + k - factor // 2, 0), size - 1)
                rows[i, j] += tap
        return rows

    down, across = matrix(SHAPE[0]), matrix(SHAPE[1])

    def A(x):
        return np.einsum('ij,jkc,lk->ilc', down, x, across, optimize=True)

    def adjoint(y):
        return np.einsum('ij,ikc,kl->jlc', down, y, across, optimize=True)

    return A, adjoint


@given(seed=st.integers(0, 999), dtype=st.sampled_from([np.uint8, np.uint16, np.float64]))
@settings(derandomize=True, max_examples=20, deadline=None)
def test_known_pixels_are_the_photos(seed, dtype):
    photo, result = picture(seed, dtype), picture(seed + 1, dtype)
    known = picture(seed + 2, channels=1) > 0.4
    merged = exact(photo, result, known=known)
    assert merged.dtype == dtype
    assert np.array_equal(merged[known], photo[known])
    assert np.array_equal(merged[~known], result[~known])


@given(seed=st.integers(0, 999), extreme=st.booleans())
@settings(derandomize=True, max_examples=30, deadline=None)
def test_luminance_is_the_photos_at_float_level_and_in_range(seed, extreme):
    grey = picture(seed, channels=1)
    if extreme:
        grey = np.round(grey)
    merged = exact(grey, picture(seed + 1), luminance=True)
    np.testing.assert_allclose(merged @ WEIGHTS, grey, atol=1e-14)
    assert merged.min() >= 0 and merged.max() <= 1 + 1e-15
    whole = exact((grey * 255).astype(np.uint8), picture(seed + 1, np.uint8), luminance=True)
    error = np.abs(whole @ WEIGHTS - (grey * 255).astype(np.uint8))
    assert error.max() <= 0.5 + 1e-9


def test_luminance_leaves_what_was_not_changed_bit_for_bit():
    grey = picture(0, np.uint8, 1)
    result = np.repeat(grey[..., None], 3, 2)
    result[10:20, 10:20, 0] ^= 5
    merged = exact(grey, result, luminance=True)
    outside = np.ones(SHAPE, bool)
    outside[10:20, 10:20] = False
    assert np.array_equal(merged[outside], result[outside])


def test_luminance_outside_a_hole_only():
    grey, result = picture(0, channels=1), picture(1)
    known = picture(2, channels=1) > 0.4
    merged = exact(grey, result, known=known, luminance=True)
    np.testing.assert_allclose((merged @ WEIGHTS)[known], grey[known], atol=1e-14)
    assert np.array_equal(merged[~known], result[~known])


@pytest.mark.parametrize('operator', [block_means(4), blurred_reduction(4)], ids=['mean', 'tent'])
def test_low_resolution_is_exact_and_the_correction_stays_at_the_face(operator):
    A, _ = operator
    photo, face = picture(3), picture(4, channels=3)[:32, :32]
    placement = Placement((30.0, 20.0), 33.0, 10.0, 32)
    result = placement.paste(photo, face)
    within = placement.window(photo.shape) > 0
    merged = exact(photo, result, operator=operator, within=within)
    assert np.abs(A(merged) - A(photo)).max() < 1e-12
    assert np.array_equal(merged[~within], photo[~within])
    assert np.abs(merged - photo)[within].mean() > 0.1


def test_low_resolution_within_rounding_of_integers():
    A, _ = operator = block_means(4)
    photo = picture(3, np.uint8)
    merged = exact(photo, picture(4, np.uint8) // 4 + 96, operator=operator)
    error = np.abs(A(merged.astype(float)) - A(photo.astype(float)))
    assert merged.dtype == np.uint8
    # Where nothing is clipped a mean of rounded pixels is off by half a level at most.
    free = A(((merged > 0) & (merged < 255)).astype(float)) == 1
    assert free.any() and error[free].max() <= 0.5


def test_what_cannot_be_done_is_told():
    with pytest.raises(UserError, match='known=, luminance= or operator='):
        exact(picture(0), picture(1))
    with pytest.raises(UserError, match='sizes differ'):
        exact(picture(0), picture(1)[:10], luminance=True)
    with pytest.raises(UserError, match='the mask is 10×10'):
        exact(picture(0), picture(1), known=np.ones((10, 10), bool))
