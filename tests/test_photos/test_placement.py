"""Laws of the square in the photo: cutting, pasting, and what stays bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmgenprior.photos import Face, Framing, Placement, as_is, place, tiles
from mmgenprior.utils.errors import UserError

CELEBA_HQ = Framing('x', ((0.373, 0.468), (0.63, 0.468)), (0.5, 0.737))
WIDTH, HEIGHT = 150, 110

placements = st.builds(
    Placement,
    centre=st.tuples(st.floats(-20, WIDTH + 20), st.floats(-20, HEIGHT + 20)),
    side=st.floats(8, 200),
    angle=st.floats(-180, 180),
    size=st.sampled_from([16, 32, 64]),
)
pictures = st.sampled_from([np.uint8, np.uint16, np.float32, np.float64])


def smooth(height=HEIGHT, width=WIDTH, dtype=np.float64):
    """Waves longer than 40 pixels, in colour."""
    y, x = np.mgrid[:height, :width] + 0.5
    waves = [np.sin(x / 9 + k) * np.cos(y / 11 - k) for k in range(3)]
    picture = 0.5 + 0.4 * np.stack(waves, -1)
    if np.dtype(dtype).kind == 'f':
        return picture.astype(dtype)
    return np.rint(picture * np.iinfo(dtype).max).astype(dtype)


def level(dtype):
    return 1.0 if np.dtype(dtype).kind == 'f' else float(np.iinfo(dtype).max)


@given(placement=placements, dtype=pictures, grey=st.booleans())
@settings(derandomize=True, max_examples=60, deadline=None)
def test_outside_the_window_the_photo_stays_bit_for_bit(placement, dtype, grey):
    photo = smooth(dtype=dtype)
    photo = photo[..., 0] if grey else photo
    pasted = placement.paste(photo, 1 - placement.cut(photo))
    window = placement.window(photo.shape)
    assert pasted.dtype == photo.dtype and pasted.shape == photo.shape
    assert np.array_equal(pasted[window == 0], photo[window == 0])
    where, points = placement.points(photo.shape)
    outside = np.ones(photo.shape[:2], bool)
    outside[where] = (np.abs(points - 0.5) >= 0.5).any(-1)
    assert not window[outside].any()


@given(
    centre=st.tuples(st.floats(0, WIDTH), st.floats(0, HEIGHT)),
    side=st.floats(30, 120),
    angle=st.floats(-45, 45),
)
@settings(derandomize=True, max_examples=40, deadline=None)
def test_pasting_what_was_cut_changes_a_smooth_picture_little(centre, side, angle):
    photo = smooth()
    placement = Placement(centre, side, angle, 64)
    pasted = placement.paste(photo, placement.cut(photo))
    assert np.abs(pasted - photo).max() < 0.06
    assert np.abs(pasted - photo).mean() < 0.004


def test_the_square_of_a_pictures_own_size_is_the_picture():
    photo = smooth(64, 64)
    placement = as_is(photo, 64)
    np.testing.assert_array_equal(placement.cut(photo), photo)
    assert placement.inside(photo.shape).all()


def test_beyond_the_border_the_photo_is_mirrored():
    """However often, as NumPy mirrors; and only the part that is looked at is converted."""
    photo = smooth()
    whole = np.pad(photo, ((400, 400), (400, 400), (0, 0)), 'reflect')
    rng = np.random.default_rng(0)
    for _ in range(30):
        x, y, side, angle = rng.uniform((-40, -40, 8, -180), (WIDTH + 40, HEIGHT + 40, 400, 180))
        here, there = (
            Placement((x, y), side, angle, 32),
            Placement((x + 400, y + 400), side, angle, 32),
        )
        np.testing.assert_allclose(here.cut(photo), there.cut(whole), atol=1e-5)


def test_reduction_averages_whole_pixels():
    """A checkerboard of single pixels must become grey, not an alias."""
    photo = np.indices((64, 64)).sum(0) % 2.0
    np.testing.assert_allclose(as_is(photo, 16).cut(photo), 0.5, atol=1e-6)


@given(
    framing=st.builds(
        lambda x, y, d: Framing('x', ((x, y), (x + d, y)), (x + d / 2, y + d)),
        st.floats(0.2, 0.4),
        st.floats(0.3, 0.5),
        st.floats(0.2, 0.4),
    ),
    placement=placements,
)
@settings(derandomize=True, max_examples=60, deadline=None)
def test_a_face_is_placed_where_the_framing_has_it(framing, placement):
    points = np.array([*framing.eyes, framing.mouth])
    left, right, mouth = points @ placement.matrix[:, :2].T + placement.matrix[:, 2]
    face = Face((0, 0, 1, 1), (tuple(left), tuple(right)), mouth=tuple(mouth))
    placed = place(face, framing, placement.size)
    np.testing.assert_allclose(placed.matrix, placement.matrix, atol=1e-6)
    without_mouth = place(Face((0, 0, 1, 1), face.eyes), framing, placement.size)
    np.testing.assert_allclose(without_mouth.matrix, placement.matrix, atol=1e-6)


def test_a_face_without_eyes_is_placed_by_its_box():
    photo_box = (100.0, 50.0, 200.0, 150.0)
    placed = place(Face(photo_box), CELEBA_HQ, 64)
    assert placed.angle == 0 and placed.side == pytest.approx(100 * 0.39 / 0.257)
    turned = place(Face(photo_box, turn=20.0), CELEBA_HQ, 64)
    assert turned.angle == pytest.approx(20) and turned.side == pytest.approx(placed.side)


def test_a_framing_that_was_not_turned_turns_nothing():
    face = Face((0, 0, 1, 1), ((10.0, 10.0), (30.0, 25.0)))
    framing = Framing('x', CELEBA_HQ.eyes, upright=False)
    placed = place(face, framing, 64)
    assert placed.angle == 0 and placed.side == pytest.approx(25 / 0.257)


def test_a_prior_without_faces_says_so():
    with pytest.raises(UserError, match='draws no faces'):
        place(Face((0, 0, 1, 1)), Framing('none'), 64)


def test_a_mask_limits_the_paste():
    photo = smooth(dtype=np.uint8)
    mask = np.zeros(photo.shape[:2], bool)
    mask[40:60, 60:80] = True
    placement = Placement((70, 50), 80, 12, 64)
    pasted = placement.paste(photo, 1 - placement.cut(photo), mask)
    assert np.array_equal(pasted[~mask], photo[~mask])
    assert (pasted[mask] != photo[mask]).any()
    with pytest.raises(UserError, match='the mask is 20×40 and the photo 150×110'):
        placement.paste(photo, placement.cut(photo), np.ones((40, 20), bool))


def test_a_grey_photo_gets_colours_in_the_window_only():
    photo = smooth(dtype=np.uint8)[..., 0]
    placement = Placement((70, 50), 60, 0, 32)
    pasted = placement.paste(photo, placement.cut(smooth()))
    outside = placement.window(photo.shape) == 0
    assert pasted.shape == (*photo.shape, 3)
    assert np.array_equal(pasted[outside], np.repeat(photo[..., None], 3, 2)[outside])


@pytest.mark.parametrize(('side', 'said'), [(310, 'finer than 4.8 pixels'), (40, 'all the detail')])
def test_detail_says_what_the_prior_can_add(side, said):
    text = Placement((200, 200), side, 0, 64).detail
    assert said in text and str(side) in text and '64' in text and '\n' not in text


@given(
    height=st.integers(5, 90),
    width=st.integers(5, 90),
    size=st.sampled_from([8, 16, 32]),
    part=st.floats(0, 0.7),
)
@settings(derandomize=True, max_examples=20, deadline=None)
def test_tiles_cover_a_picture_and_join_to_it(height, width, size, part):
    picture = smooth(height, width)
    parts = tiles(picture, size, int(part * size))
    np.testing.assert_allclose(parts.join(parts.cut(picture)), picture, atol=1e-12)
    eight_bits = smooth(height, width, np.uint8)
    joined = parts.join(parts.cut(eight_bits), np.uint8)
    assert np.array_equal(joined, eight_bits)


def test_tiles_overlap_as_much_as_asked():
    parts = tiles(np.zeros((100, 230)), 64, 20)
    lefts = sorted({p.centre[0] for p in parts.placements})
    assert max(np.diff(lefts)) <= 44
    with pytest.raises(UserError, match='cannot overlap by 64'):
        tiles(np.zeros((100, 230)), 64, 64)


@pytest.mark.parametrize('bad', [np.zeros((4, 4), np.int32), np.zeros(5), np.zeros((0, 4, 3))])
def test_what_is_no_picture_is_told(bad):
    with pytest.raises(UserError, match='is none'):
        Placement((2, 2), 4, 0, 4).cut(bad)
