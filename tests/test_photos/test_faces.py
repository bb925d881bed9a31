"""Faces are found where they are: real ones, turned, damaged, several; and none where none is."""

import importlib.util
import math
import subprocess
import sys

import cv2
import numpy as np
import pytest
from scene import CELEBA_HQ, SPOTS, read, room, scene, turned_by

from mmgenprior.photos import Face, find_faces, mtcnn, place
from mmgenprior.utils.errors import UserError

HAS_NETWORK = importlib.util.find_spec('facenet_pytorch') is not None
HAS_CASCADES = hasattr(cv2, 'CascadeClassifier')
DETECTORS = [
    pytest.param(
        'mtcnn',
        marks=pytest.mark.skipif(not HAS_NETWORK, reason='facenet-pytorch is not installed'),
    ),
    pytest.param(
        'cascades', marks=pytest.mark.skipif(not HAS_CASCADES, reason='OpenCV has no cascades')
    ),
]


@pytest.fixture(scope='module')
def people(shared):
    """The scene of 1200×800 with three people."""
    return scene(shared('data', 'faces256'))


# MTCNN stretches a box over hair and chin, the cascades do not; eyes are eyes.
@pytest.mark.parametrize('detector', DETECTORS)
@pytest.mark.parametrize('kind', ['uint8', 'noise'])
def test_every_face_of_a_photo(people, detector, kind):
    photo, spots = people
    if kind == 'noise':
        rng = np.random.default_rng(0)
        photo = np.clip(photo / 255 + rng.normal(0, 25 / 255, photo.shape), 0, 1)
    faces = find_faces(photo, detector)
    assert [face.width for face in faces] == sorted((f.width for f in faces), reverse=True)
    assert len(faces) == len(spots)
    for face, spot in zip(faces, spots):
        placed = place(face, CELEBA_HQ, 64)
        assert math.dist(placed.centre, spot.placement.centre) < 0.1 * spot.placement.side
        assert placed.side == pytest.approx(spot.placement.side, rel=0.25)
        if face.eyes is not None:
            assert np.abs(np.array(face.eyes) - spot.eyes).max() < 0.04 * spot.placement.side
            assert turned_by(face.eyes) == pytest.approx(spot.placement.angle, abs=6)


@pytest.mark.parametrize('detector', DETECTORS)
@pytest.mark.parametrize('angle', [-30, 30])
def test_a_turned_face(shared, detector, angle):
    photo, (spot,) = scene(
        shared('data', 'faces256'), [(4, (200, 160), 200, float(angle))], (320, 400)
    )
    (face,) = find_faces(photo, detector)
    placed = place(face, CELEBA_HQ, 64)
    assert placed.angle == pytest.approx(angle, abs=8)
    assert math.dist(placed.centre, spot.placement.centre) < 20


@pytest.mark.parametrize('detector', DETECTORS)
def test_a_hole_over_an_eye(shared, detector):
    """The hole is filled before the search; the face is placed by its box, or by what is seen."""
    photo, (spot,) = scene(shared('data', 'faces256'), [(8, (200, 160), 200, 0.0)], (320, 400))
    (x, y), _ = spot.eyes
    known = np.ones(photo.shape[:2], bool)
    known[round(y) - 20 : round(y) + 20, round(x) - 25 : round(x) + 25] = False
    damaged = np.where(known[..., None], photo, 255).astype(np.uint8)
    (face,) = find_faces(damaged, detector, known=known)
    placed = place(face, CELEBA_HQ, 64)
    assert math.dist(placed.centre, spot.placement.centre) < 30
    assert placed.side == pytest.approx(200, rel=0.25)
    with pytest.raises(UserError, match='the mask is 10×10'):
        find_faces(damaged, detector, known=known[:10, :10])


@pytest.mark.parametrize('detector', DETECTORS)
def test_a_face_at_the_border_and_one_that_fills_its_picture(shared, detector):
    photo, _ = scene(shared('data', 'faces256'), [(11, (330, 250), 200, 0.0)], (320, 400))
    assert len(find_faces(photo, detector)) == 1
    crop = read(shared('data', 'faces64', '003.png'))
    (face,) = find_faces(crop, detector)
    # Half the picture is between the eyes in this crop.
    np.testing.assert_allclose(face.centre, (32, 30), atol=4)


@pytest.mark.parametrize('detector', DETECTORS)
def test_no_face(detector):
    assert find_faces(room(400, 600), detector) == []
    for shape in ((3, 5), (1, 2000), (2000, 3), (1, 1)):
        assert find_faces(np.zeros(shape, np.uint8), detector) == []
    assert find_faces(np.random.default_rng(0).random((90, 120, 3)), detector) == []


@pytest.mark.parametrize('detector', DETECTORS)
def test_few_false_alarms_among_churches(shared, detector):
    files = sorted(shared('data', 'lsun256', 'church').glob('*.png'))[:6]
    found = [find_faces(read(file), detector) for file in files]
    assert sum(map(len, found)) <= 1


@pytest.mark.parametrize('detector', DETECTORS)
def test_a_face_is_found_in_pictures_of_any_kind(shared, detector):
    crop = read(shared('data', 'faces256', '003.png'))
    (face,) = find_faces(crop, detector)
    assert find_faces(crop.astype(np.uint16) * 257, detector) == [face]
    assert find_faces(crop / 255, detector) == [face]
    (grey,) = find_faces(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), detector)
    assert math.dist(grey.centre, face.centre) < 5


def test_an_unknown_detector():
    with pytest.raises(UserError, match="'mtccn' is unknown.*mtcnn"):
        find_faces(room(20, 20), 'mtccn')


def test_a_detector_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(mtcnn, 'is_installed', lambda: False)
    mtcnn._networks.cache_clear()
    with pytest.raises(UserError, match=r"pip install 'mmgenprior\[faces\]'"):
        find_faces(room(40, 40), 'mtcnn')


def test_the_eyes_of_a_box_turn_with_it():
    (x0, y0), (x1, y1) = Face((0, 0, 100, 100)).guessed_eyes
    assert (x1 - x0, y0) == (pytest.approx(39), pytest.approx(y1)) and y0 < 50
    eyes = Face((0, 0, 100, 100), turn=30.0).guessed_eyes
    assert turned_by(eyes) == pytest.approx(30)
    assert math.dist(*eyes) == pytest.approx(39)


def test_the_package_is_light():
    """No torch before a detector that needs it is asked for."""
    code = (
        'import sys, mmgenprior.photos; '
        "sys.exit(any(m in sys.modules for m in ('torch', 'mmengine', 'scipy', 'skimage')))"
    )
    assert subprocess.run([sys.executable, '-c', code]).returncode == 0


def test_the_scene_is_what_it_says(people):
    photo, spots = people
    assert photo.shape == (800, 1200, 3) and len(spots) == len(SPOTS)
