"""What ``auto`` sees in a picture."""

import numpy as np
import pytest
from PIL import Image

from mmgenprior.api.arguments import ArgumentError
from mmgenprior.api.pictures import read_photo
from mmgenprior.api.proposal import complete, jpeg_quality, noise_levels, propose
from mmgenprior.damages import parse_damage
from mmgenprior.datasets.toyfaces import render_face


def seen(image, size=64, known=None):
    return str(propose(read_photo(image), known, size).damage)


def test_a_clean_picture_shows_nothing(face):
    assert seen(face) == 'nothing'


def test_what_shows(face, known):
    assert seen(face[::4, ::4]) == 'sr4'
    assert seen(face.mean(2).astype(np.uint8)) == 'grey'
    assert seen(np.repeat(face.mean(2, keepdims=True), 3, 2).astype(np.uint8)) == 'grey'
    assert seen(face, known=known) == 'hole'
    grey = face.mean(2).astype(np.uint8)
    assert seen(grey, known=known) == 'grey+hole'


@pytest.mark.parametrize('colour', [(255, 0, 255), (255, 255, 255), (0, 0, 0), (128, 128, 128)])
def test_a_painted_hole_is_found_where_it_is(face, known, colour):
    painted = face.copy()
    painted[~known] = colour
    proposal = propose(read_photo(painted), None, 64)
    assert str(proposal.damage) == 'hole' and np.array_equal(proposal.known, known)


def test_a_flat_background_is_no_hole(face):
    framed = np.full((96, 96, 3), 255, np.uint8)
    framed[16:80, 16:80] = face
    assert seen(framed) == 'nothing'


def test_a_colour_marks_a_hole(face, known):
    painted = face.copy()
    painted[~known] = (250, 4, 251)
    photo = read_photo(painted)
    found = complete(photo, parse_damage('grey+hole:#ff00ff'), None)
    assert np.array_equal(found.known, known)
    with pytest.raises(ArgumentError, match='no pixel of the colour'):
        complete(photo, parse_damage('hole:#00ff00'), None)


@pytest.mark.parametrize('quality', [12, 30, 49, 75, 95])
def test_the_quality_is_read_from_the_file(face, tmp_path, quality):
    file = tmp_path / 'a.jpg'
    Image.fromarray(face).save(file, quality=quality)
    photo = read_photo(file)
    assert jpeg_quality(photo) == pytest.approx(quality, abs=1)
    assert complete(photo, parse_damage('jpeg'), None).damage.get('jpeg').value == jpeg_quality(
        photo
    )
    assert ('jpeg' in propose(photo, None, 64).damage) == (quality <= 50)


def test_levels_are_counted_and_noise_estimated(face):
    levels = np.rint(face / 255 * 4) / 4
    found = complete(read_photo(levels), parse_damage('quantized'), None)
    assert found.damage.get('quantized').value == 5
    noise = np.random.default_rng(0).normal(0, 20, face.shape)
    noisy = np.clip(face + noise, 0, 255).astype(np.uint8)
    assert noise_levels(read_photo(noisy)) == pytest.approx(20, rel=0.3)


@pytest.mark.parametrize('sampling', ['4:4:4', '4:2:0'])
@pytest.mark.parametrize('sigma', [0, 12, 25])
def test_noise_is_seen_through_a_jpeg_file(tmp_path, sampling, sigma):
    clean = render_face(0, 'test', 3, 256)
    noise = np.random.default_rng(0).normal(0, sigma, clean.shape)
    noisy = np.clip(clean + noise, 0, 255).round().astype(np.uint8)
    Image.fromarray(noisy).save(tmp_path / 'phone.jpg', quality=90, subsampling=sampling)
    assert noise_levels(read_photo(tmp_path / 'phone.jpg')) == pytest.approx(sigma, rel=0.2, abs=1)


@pytest.mark.parametrize(
    ('damage', 'mask', 'said'),
    [
        ('hole', False, 'where is the hole'),
        ('grey', True, r'add \+hole'),
        ('jpeg', False, 'no JPEG file'),
        ('cs:0.1', False, 'the degradation of a config'),
    ],
)
def test_what_does_not_go_together(face, known, damage, mask, said):
    with pytest.raises(ArgumentError, match=said):
        complete(read_photo(face), parse_damage(damage), known if mask else None)
