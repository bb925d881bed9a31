"""Four photos as people bring them; the truth's own reduction stands in for what a prior draws."""

import math

import cv2
import numpy as np
import pytest
from scene import CELEBA_HQ, read, scene

from mmgenprior.photos import Placement, denoised, exact, find_faces, merge, place
from mmgenprior.photos.exact import LUMINANCE

WEIGHTS = np.array(LUMINANCE) / sum(LUMINANCE)
SIZE = 64


@pytest.fixture(scope='module')
def street(shared):
    """1200×800 with two small faces, and where a prior's squares lie on the clean photo."""
    spots = [(5, (320, 300), 200, -8.0), (9, (900, 450), 150, 5.0)]
    photo, _ = scene(shared('data', 'faces256'), spots)
    squares = [place(face, CELEBA_HQ, SIZE) for face in find_faces(photo)]
    assert len(squares) == 2
    return photo, squares


def psnr(one, other, where):
    return -10 * math.log10(np.mean((one[where] / 255.0 - other[where] / 255.0) ** 2))


def test_a_face_of_256_pixels_with_a_mask(shared):
    truth = read(shared('data', 'faces256', '004.png'))
    known = np.ones((256, 256), bool)
    known[140:190, 90:170] = False
    damaged = np.where(known[..., None], truth, 255).astype(np.uint8)
    (face,) = find_faces(damaged, known=known)
    square = place(face, CELEBA_HQ, SIZE)
    result = merge(damaged, [(square, square.cut(truth))], known)
    assert np.array_equal(result[known], truth[known])
    assert psnr(result, truth, ~known) > 25


@pytest.mark.parametrize('kind', ['hole', 'low resolution'])
def test_a_large_photo_with_small_faces(street, kind):
    """Outside the faces bit for bit; inside, A x̂ = y at float level."""
    photo, squares = street
    clean = photo / 255.0
    if kind == 'hole':
        known = np.ones(photo.shape[:2], bool)
        known[310:350, 280:360] = False
        damaged = np.where(known[..., None], photo, 0).astype(np.uint8)
        squares = [place(face, CELEBA_HQ, SIZE) for face in find_faces(damaged, known=known)]
        result = merge(damaged, [(s, s.cut(clean)) for s in squares], known)
        assert np.array_equal(result[known], damaged[known])
        assert psnr(result, photo, ~known) > 22
        return

    def A(x):
        return x.reshape(200, 4, 300, 4, -1).mean((1, 3))

    def adjoint(y):
        return np.repeat(np.repeat(y, 4, 0), 4, 1) / 16

    y = A(clean)
    enlarged = cv2.resize(y, (1200, 800), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    enlarged += 16 * adjoint(y - A(enlarged))
    found = find_faces(y)
    squares = []
    for face in found:
        low = place(face, CELEBA_HQ, SIZE)
        centre = 4 * low.centre[0], 4 * low.centre[1]
        squares.append(Placement(centre, 4 * low.side, low.angle, SIZE))
    assert len(squares) == 2
    merged = merge(enlarged, [(s, s.cut(clean)) for s in squares])
    within = sum(s.window(photo.shape) for s in squares) > 0
    result = exact(enlarged, merged, operator=(A, adjoint), within=within)
    assert np.abs(A(result) - y).max() < 1e-12
    assert np.array_equal(result[~within], enlarged[~within])
    inside = sum(s.window(photo.shape) for s in squares) > 0.99
    assert psnr(255 * result, photo, inside) > psnr(255 * enlarged, photo, inside)


def test_a_grey_scan(street):
    photo = street[0][:, 700:]
    scan = np.rint(photo @ WEIGHTS).astype(np.uint8)
    squares = [place(face, CELEBA_HQ, SIZE) for face in find_faces(scan)]
    result = merge(scan, [(s, s.cut(photo)) for s in squares], grey=True)
    outside = sum(s.window(scan.shape) for s in squares) == 0
    assert np.array_equal(result[outside], np.repeat(scan[..., None], 3, 2)[outside])
    assert np.abs(result @ WEIGHTS - scan).max() <= 0.51
    inside = sum(s.window(scan.shape) for s in squares) > 0.99
    assert psnr(result, photo, inside) > 30


def test_a_noisy_photo(shared):
    photo, _ = scene(shared('data', 'faces256'), [(5, (210, 200), 360, -8.0)], (400, 420))
    rng = np.random.default_rng(0)
    noisy = np.clip(photo + rng.normal(0, 25, photo.shape), 0, 255).astype(np.uint8)
    (face,) = find_faces(noisy)
    square = place(face, CELEBA_HQ, SIZE)
    drawn = square.cut(photo)
    result = merge(noisy, [(square, drawn)], sharp=denoised(noisy, 25 / 255))
    window = square.window(photo.shape)
    assert np.array_equal(result[window == 0], noisy[window == 0])
    assert psnr(result, photo, window > 0.99) > 29
    # At least as near as the prior's picture alone, and sharper.
    assert psnr(result, photo, window > 0.99) > psnr(
        square.paste(noisy, drawn), photo, window > 0.99
    )
