"""What the damage left stays; what it took comes from the prior, without a seam or a blur."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import spsolve

from mmgenprior.photos import (
    Placement,
    add_colour,
    add_detail,
    as_is,
    denoised,
    fill_hole,
    merge,
)
from mmgenprior.photos.exact import LUMINANCE
from mmgenprior.photos.membrane import membrane

WEIGHTS = np.array(LUMINANCE) / sum(LUMINANCE)
HEIGHT, WIDTH = 120, 160


def photo_of(dtype=np.float64):
    """A disc with a sharp edge, colours by its side, waves over it."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    disc = np.hypot(x - 80, y - 60) < 35
    waves = 0.1 * np.sin(x / 7) * np.cos(y / 9)
    picture = np.where(disc[..., None], [0.7, 0.5, 0.4], [0.2, 0.35, 0.5]) + waves[..., None]
    if np.dtype(dtype).kind == 'f':
        return picture.astype(dtype)
    return np.rint(picture * np.iinfo(dtype).max).astype(dtype)


PLACEMENT = Placement((80.0, 60.0), 100.0, 10.0, 32)


def hole_of(top, left, height, width):
    known = np.ones((HEIGHT, WIDTH), bool)
    known[top : top + height, left : left + width] = False
    return known


holes = st.builds(
    hole_of, st.integers(0, 110), st.integers(0, 150), st.integers(1, 60), st.integers(1, 60)
)


def test_membrane_is_harmonic():
    """Against the equations solved exactly; noise on the rim is the worst for a few sweeps."""
    rng = np.random.default_rng(0)
    values = rng.random((20, 24, 2))
    hole = np.zeros((20, 24), bool)
    hole[4:15, 0:13] = True  # reaches the border
    filled = membrane(values, hole)
    assert np.array_equal(filled[~hole], values[~hole])
    number = np.arange(hole.size).reshape(hole.shape)
    matrix, right = sparse.lil_matrix((hole.size, hole.size)), np.zeros((hole.size, 2))
    for y, x in np.ndindex(hole.shape):
        i = number[y, x]
        if not hole[y, x]:
            matrix[i, i], right[i] = 1, values[y, x]
            continue
        near = [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
        near = [p for p in near if 0 <= p[0] < 20 and 0 <= p[1] < 24]
        matrix[i, i] = len(near)
        for p in near:
            matrix[i, number[p]] = -1
    solved = spsolve(matrix.tocsr(), right).reshape(values.shape)
    assert np.abs(filled - solved).max() < 0.04
    assert np.abs(filled - solved).mean() < 0.003


@given(known=holes, c=st.floats(0, 1), slope=st.floats(-0.004, 0.004))
@settings(derandomize=True, max_examples=25, deadline=None)
def test_a_membrane_stays_between_its_values(known, c, slope):
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    values = (c + slope * x)[..., None]
    filled = membrane(np.where(known[..., None], values, 99.0), ~known)
    assert filled[known].min() - 1e-12 <= filled.min()
    assert filled.max() <= filled[known].max() + 1e-12


@given(known=holes, dtype=st.sampled_from([np.uint8, np.uint16, np.float64]))
@settings(derandomize=True, max_examples=15, deadline=None)
def test_a_filled_hole_keeps_every_known_pixel(known, dtype):
    photo = photo_of(dtype)
    damaged = np.where(known[..., None], photo, 0).astype(dtype)
    result = fill_hole(damaged, [(PLACEMENT, PLACEMENT.cut(photo))], known)
    assert result.dtype == dtype and np.array_equal(result[known], photo[known])


def test_a_hole_is_filled_in_the_tone_around_it():
    """A picture that is too bright all over leaves no seam."""
    photo, known = photo_of(), hole_of(50, 70, 25, 25)
    damaged = np.where(known[..., None], photo, 0)
    bright = PLACEMENT.cut(photo) + 0.15
    filled = fill_hole(damaged, [(PLACEMENT, bright)], known)
    pasted = PLACEMENT.paste(damaged, bright, ~known)
    assert np.abs(filled - photo)[~known].max() < 0.06 < np.abs(pasted - photo)[~known].max()


def test_a_hole_that_no_window_touches_stays():
    photo = photo_of()
    known = hole_of(50, 70, 20, 20) & hole_of(0, 0, 10, 10)
    damaged = np.where(known[..., None], photo, 0)
    filled = fill_hole(damaged, [(PLACEMENT, PLACEMENT.cut(photo))], known)
    assert not filled[:10, :10].any()
    assert filled[50:70, 70:90].all()


def test_a_hole_that_reaches_out_of_the_window_is_filled_smoothly():
    photo = photo_of()
    known = hole_of(50, 70, 20, 80)
    damaged = np.where(known[..., None], photo, 0)
    filled = fill_hole(damaged, [(PLACEMENT, PLACEMENT.cut(photo))], known)
    assert np.abs(filled - photo)[50:70, 140:150].max() < 0.15


def test_colour_keeps_the_luminance_at_float_level():
    photo = photo_of()
    grey = photo @ WEIGHTS
    coloured = add_colour(grey, PLACEMENT, PLACEMENT.cut(photo))
    window = PLACEMENT.window(grey.shape)
    np.testing.assert_allclose(coloured @ WEIGHTS, grey, atol=1e-14)
    colourless = np.repeat(grey[..., None], 3, 2)
    assert np.array_equal(coloured[window == 0], colourless[window == 0])
    inside = window > 0.99
    error, before = (np.abs(x - photo)[inside].mean() for x in (coloured, colourless))
    assert error < 0.1 * before


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
def test_colour_of_an_integer_photo_keeps_the_luminance_within_rounding(dtype):
    grey = photo_of(dtype)[..., 0]
    coloured = merge(grey, [(PLACEMENT, PLACEMENT.cut(photo_of()))], grey=True)
    assert coloured.dtype == dtype
    assert np.abs(coloured @ WEIGHTS - grey).max() <= 0.51


def test_a_grey_photo_with_a_hole():
    photo, known = photo_of(), hole_of(40, 60, 30, 30)
    grey = np.where(known, photo @ WEIGHTS, 1.0)
    merged = merge(grey, [(PLACEMENT, PLACEMENT.cut(photo))], known, grey=True)
    np.testing.assert_allclose((merged @ WEIGHTS)[known], grey[known], atol=1e-14)
    assert np.abs(merged - photo)[~known].mean() < 0.05


def test_detail_is_sharper_than_the_prior_and_doubles_no_contour():
    """A prior's picture whose contours lie a pixel off."""
    photo, rng = photo_of(), np.random.default_rng(0)
    noisy = np.clip(photo + rng.normal(0, 0.06, photo.shape), 0, 1)
    moved = np.roll(PLACEMENT.cut(photo), 1, 1)
    clean = denoised(noisy, 0.06)
    drawn = add_detail(noisy, PLACEMENT, moved, clean)
    window = PLACEMENT.window(noisy.shape)
    assert np.array_equal(drawn[window == 0], noisy[window == 0])

    def error(x):
        return np.abs(x - photo)[window > 0.99].mean()

    pasted = PLACEMENT.paste(noisy, moved)
    doubled = pasted + clean - PLACEMENT.paste(clean, PLACEMENT.cut(clean))
    assert error(drawn) < 0.9 * min(error(pasted), error(doubled), error(noisy))


@given(
    magnified=st.sampled_from([0.5, 1.0, 3.0]),
    dtype=st.sampled_from([np.uint8, np.float32]),
    grey=st.booleans(),
)
@settings(derandomize=True, max_examples=12, deadline=None)
def test_every_way_leaves_the_outside_alone(magnified, dtype, grey):
    photo = photo_of(dtype)
    photo = photo[..., 0] if grey else photo
    parts = [
        (Placement((50, 50), 60, 5, int(60 / magnified)), 0.7),
        (Placement((150, 10), 60, -5, int(60 / magnified)), 0.3),
    ]
    parts = [(p, np.full((p.size, p.size, 3), [level, 0.5, 0.4])) for p, level in parts]
    merged = merge(photo, parts, grey=grey)
    outside = sum(p.window(photo.shape) for p, _ in parts) == 0
    colours = np.repeat(photo[..., None], 3, 2) if grey else photo
    assert merged.dtype == dtype and np.array_equal(merged[outside], colours[outside])
    assert not np.array_equal(merged, colours)


def test_the_whole_picture_as_one_square():
    photo = photo_of()[:100, :100]
    square = as_is(photo, 100)
    known = np.ones((100, 100), bool)
    known[40:60, 40:60] = False
    damaged = np.where(known[..., None], photo, 0)
    merged = merge(damaged, [(square, square.cut(photo))], known)
    np.testing.assert_allclose(merged, photo, atol=1e-3)
