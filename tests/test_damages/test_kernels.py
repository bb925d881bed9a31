"""Blur kernels: what is read, what is refused, what becomes of one in a square of a photo."""

import numpy as np
import pytest
import torch
from PIL import Image

from mmgenprior.api.arguments import ArgumentError
from mmgenprior.api.kernels import kernel_in, spread_of, with_kernel
from mmgenprior.damages import DamageError
from mmgenprior.damages.kernels import KernelError, read_kernel
from mmgenprior.degradations import build_degradation
from mmgenprior.photos import Placement

SHAKE = np.array([[0.0, 0.0, 2.0], [0.0, 4.0, 0.0], [1.0, 1.0, 0.0]])


@pytest.fixture
def files(tmp_path):
    np.save(tmp_path / 'shake.npy', np.pad(SHAKE, 3))
    Image.fromarray((SHAKE * 60).astype(np.uint8)).save(tmp_path / 'shake.png')
    return tmp_path


def test_the_same_from_anything(files):
    kernel = read_kernel(SHAKE)
    assert np.allclose(kernel.rows, SHAKE / 8)
    # The name tells it from others.
    assert str(kernel) == str(read_kernel(3 * SHAKE)) != str(read_kernel(SHAKE.T))
    for other in (files / 'shake.npy', files / 'shake.png', torch.tensor(SHAKE), SHAKE.tolist()):
        found = read_kernel(other)
        assert np.allclose(found.rows, kernel.rows)
    assert str(read_kernel(files / 'shake.npy')) == 'shake.npy'


@pytest.mark.parametrize(
    ('given', 'said'),
    [
        ('nowhere.npy', 'there is no such file'),
        ('text.npy', 'is no .npy file of numbers'),
        ('text.png', "kernel 'text.png'"),
        (np.zeros((3, 3)), 'is 0 everywhere'),
        (-np.ones((3, 3)), 'finite weights from 0'),
        (np.ones((3, 3, 3)), 'the shape (3, 3, 3)'),
        (np.ones((1, 101)), '99 a side are the most'),
        ([['a']], 'does not hold numbers'),
        ({}, 'a dict is no blur kernel'),
    ],
)
def test_what_is_none_is_one_line(given, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ('text.npy', 'text.png'):
        (tmp_path / name).write_text('Dear diary')
    with pytest.raises(KernelError) as caught:
        read_kernel(given)
    assert said in str(caught.value) and '\n' not in str(caught.value)
    assert caught.value.exit_code == 2


def test_beside_the_damage_or_behind_its_name(files):
    path = str(files / 'shake.npy')
    kernel = read_kernel(SHAKE)
    for damage, given in (('blur', path), (f'blur:{path}', None), ('auto', path), ('blur', SHAKE)):
        assert with_kernel(damage, given).get('blur').value == kernel
    assert str(with_kernel('blur+noise:5', 2)) == 'blur:2+noise:5'
    assert str(with_kernel('blur', '1.5')) == 'blur:1.5'
    assert str(with_kernel('auto', path, has_mask=True)) == 'blur:shake.npy+hole'
    assert with_kernel('auto', None) == 'auto' and str(with_kernel('grey', None)) == 'grey'
    for damage, given, said in (
        ('grey', path, 'has no blur: add'),
        ('blur:2', path, 'leave one out'),
        ('blur', 'nowhere.npy', 'there is no such file'),
    ):
        with pytest.raises(ArgumentError, match=said):
            with_kernel(damage, given)
    with pytest.raises(DamageError, match='a deviation in pixels'):
        with_kernel('blur', 0)


def test_a_config_may_name_a_file(files):
    point = torch.zeros(1, 3, 9, 9)
    point[:, :, 4, 4] = 1
    bound = build_degradation(f'blur:{files / "shake.npy"}').bind({}, (3, 9, 9))
    seen = bound.physics.A(point)[0, 1, 3:6, 3:6]
    assert np.allclose(seen, SHAKE / 8, atol=1e-6)  # what a point of light becomes


@pytest.mark.parametrize('times', [0.5, 1.0, 3.0])
def test_in_a_square_it_is_turned_and_scaled(times):
    # A stroke to the right, of a square that is turned by a right angle.
    stroke = read_kernel(np.ones((1, 13)))
    square = Placement((50.0, 50.0), 32 * times, 90.0, 32)
    seen = kernel_in(stroke, square)
    weights = np.asarray(seen.rows)
    assert weights.sum() == pytest.approx(1) and weights.shape[0] > weights.shape[1]
    across = weights.sum(0) @ (np.arange(weights.shape[1]) - (weights.shape[1] - 1) // 2)
    assert abs(across) < 1e-6
    assert spread_of(seen) == pytest.approx(spread_of(stroke) / times, rel=0.1, abs=0.1)
