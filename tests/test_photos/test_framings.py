"""The framings of the catalogue, against pictures of their kind."""

import math

import numpy as np
import pytest
from scene import read

from mmgenprior.datasets.toyfaces.head import Anatomy
from mmgenprior.datasets.toyfaces.parameters import draw_parameters
from mmgenprior.photos import find_faces, place
from mmgenprior.weights.catalogue import find_entry


@pytest.mark.parametrize('name', ['pggan_celebahq_1024', 'stylegan2_ffhq_256'])
def test_aligned_pictures_are_placed_as_they_are(shared, name):
    """The square of a face in a picture of the prior's own kind is that picture."""
    framing = find_entry(name).framing
    for number in (1, 6, 12):
        picture = read(shared('data', 'faces256', f'{number:03d}.png'))
        (face,) = find_faces(picture)
        square = place(face, framing, 256)
        assert math.dist(square.centre, (128, 128)) < 8
        assert square.side == pytest.approx(256, rel=0.08)
        assert abs(square.angle) < 4


def test_toy_faces_are_framed_as_they_are_drawn():
    framing, found = find_entry('dcgan_toyfaces').framing, []
    for index in range(200):
        p = draw_parameters(0, 'train', index)
        anatomy = Anatomy(p)
        turn, (right, down) = complex(math.cos(p.roll), math.sin(p.roll)) * p.scale, p.shift
        points = [complex(u, anatomy.eye_v) for u in anatomy.eyes]
        points.append(complex(0.95 * anatomy.middle, anatomy.mouth_v))
        placed = [turn * point + complex(right, down) for point in points]
        found.append([((z.real + 1) / 2, (z.imag + 1) / 2) for z in placed])
    median = np.median(found, axis=0)
    np.testing.assert_allclose(median, [*framing.eyes, framing.mouth], atol=0.006)
