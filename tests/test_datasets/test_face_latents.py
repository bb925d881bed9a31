"""The latent of a toy face: normal, independent, and all that its picture depends on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from mmgenprior.datasets.toyfaces import CLASSES, draw_parameters, face_latent
from mmgenprior.datasets.toyfaces.parameters import draw_levels

SIZE = 128


@pytest.fixture(scope='module')
def latents():
    return np.stack([face_latent(0, 'train', i, SIZE) for i in range(4000)])


def test_every_number_is_standard_normal(latents):
    p = [kstest(column, 'norm').pvalue for column in latents.T]
    # Of 128 columns the least p-value of a normal family is below this once in a thousand.
    assert min(p) > 1e-5
    assert latents.dtype == np.float32


def test_numbers_do_not_depend_on_each_other(latents):
    correlation = np.corrcoef(latents.T) - np.eye(SIZE)
    assert np.abs(correlation).max() < 5 / np.sqrt(len(latents))
    # Nor do their sizes, as those of the two numbers of a pair easily would.
    squares = np.corrcoef((latents**2).T) - np.eye(SIZE)
    assert np.abs(squares).max() < 6 / np.sqrt(len(latents))


def test_a_latent_is_a_function_of_its_number():
    np.testing.assert_array_equal(face_latent(0, 'test', 5, SIZE), face_latent(0, 'test', 5, SIZE))
    other = [face_latent(1, 'test', 5, SIZE), face_latent(0, 'train', 5, SIZE)]
    for latent in [*other, face_latent(0, 'test', 6, SIZE)]:
        assert np.abs(latent - face_latent(0, 'test', 5, SIZE)).mean() > 0.5


def test_the_class_has_an_angle_of_its_own_or_no_place():
    # All else of a face in another class stays, so that only the pair of the class moves.
    for index in range(5):
        plain, hat = (face_latent(0, 'train', index, SIZE, label=label) for label in (0, 2))
        moved = np.flatnonzero(plain != hat)
        assert len(moved) == 2
        turn = np.arctan2(hat[moved[1]], hat[moved[0]]) / (2 * np.pi) % 1
        assert int(turn * len(CLASSES)) == 2
        told = [face_latent(0, 'train', index, SIZE, k, with_label=False) for k in (0, 2)]
        np.testing.assert_array_equal(*told)


def test_what_a_face_does_without_is_noise_of_its_own():
    counts = set()
    for index in range(40):
        face, levels, turns = draw_levels(0, 'train', index)
        counts.add((len(levels), tuple(turns)))
        assert all(level is None or 0 <= level < 1 for level in levels)
        assert face.label == draw_parameters(0, 'train', index).label
    assert len(counts) == 1
    assert any(None in draw_levels(0, 'train', i)[1] for i in range(40))


def test_too_short_a_latent_is_refused():
    with pytest.raises(ValueError, match='the latent of a face has 122 numbers'):
        face_latent(0, 'train', 0, 100)
    assert face_latent(0, 'train', 0, 122).shape == (122,)
