"""Pictures of every kind in, one line for what is none."""

import numpy as np
import pytest
import torch
from PIL import Image

from mmgenprior.api.arguments import ArgumentError
from mmgenprior.api.pictures import (
    MOST_PIXELS,
    as_list,
    is_several,
    masks_of,
    read_mask,
    read_photo,
)


def test_all_kinds_are_the_same_picture(face, tmp_path):
    file = tmp_path / 'a.png'
    Image.fromarray(face).save(file)
    floats = face.astype(np.float32) / np.float32(255)
    kinds = [
        file,
        str(file),
        face,
        floats,
        face.astype(np.uint16) * 257,
        Image.fromarray(face),
        torch.from_numpy(floats.transpose(2, 0, 1).copy()),
    ]
    for kind in kinds:
        photo = read_photo(kind)
        assert np.abs(photo.pixels - floats).max() < 1e-6 and not photo.is_grey
    assert read_photo(file).name == 'a' and read_photo(face).name == 'image'


def test_grey_is_noticed(face):
    grey = face.mean(2).astype(np.uint8)
    for kind in (grey, grey[..., None], Image.fromarray(grey), torch.from_numpy(grey / 255.0)):
        photo = read_photo(kind)
        assert photo.is_grey and np.allclose(photo.pixels, grey[..., None] / 255, atol=1e-6)


def test_lists_folders_and_batches(face, tmp_path):
    for name in ('b10.png', 'b2.png', 'notes.txt'):
        (tmp_path / name).touch()
    assert [path.name for path in as_list(tmp_path)] == ['b2.png', 'b10.png']
    assert len(as_list(torch.zeros(4, 3, 8, 8))) == 4 and is_several(torch.zeros(1, 3, 8, 8))
    assert not is_several(face) and is_several([face]) and is_several(tmp_path)
    with pytest.raises(ArgumentError, match='holds no pictures'):
        as_list(tmp_path / 'empty' if (tmp_path / 'empty').mkdir() else tmp_path / 'empty')
    with pytest.raises(ArgumentError, match='is empty'):
        as_list([])


@pytest.mark.parametrize(
    ('image', 'said'),
    [
        (3, 'a int is no picture'),
        (np.zeros((8, 8, 2), np.uint8), 'is no picture: give H×W×3'),
        (np.zeros((4, 4, 3), np.uint8), 'the least'),
        (np.full((16, 16, 3), 128.0), 'must be in [0, 1]'),
        (np.full((16, 16, 3), np.nan), 'finite floats'),
        (np.zeros((16, 16, 3), np.int32), 'give uint8'),
        (torch.zeros(2, 16, 16), 'give 3×H×W'),
        ('nowhere.png', 'no such image file'),
        (__file__, 'not an image file'),
    ],
)
def test_what_is_none_is_told_in_a_line(image, said):
    with pytest.raises(ArgumentError) as caught:
        read_photo(image)
    assert said in str(caught.value) and '\n' not in str(caught.value)


def test_a_huge_picture_is_refused_before_it_is_read(tmp_path):
    file = tmp_path / 'huge.png'
    Image.new('1', (MOST_PIXELS // 5000 + 1, 5000)).save(file)
    with pytest.raises(ArgumentError, match='64 are the most'):
        read_photo(file)
    Image.new('1', (20000, 20000)).save(file)
    with pytest.raises(ArgumentError, match='far too large'):
        read_photo(file)


def test_masks(face, known, tmp_path):
    photo = read_photo(face)
    assert np.array_equal(read_mask(known, photo), known)
    assert np.array_equal(read_mask(~known, photo, invert=True), known)
    file = tmp_path / 'image.png'
    Image.fromarray(known).save(file)
    for given in (file, str(file), tmp_path, [known]):
        assert np.array_equal(masks_of(given, [photo], False)[0], known)
    for wrong, said in (
        (known[:32], r'is 64×32, but .* is 64×64'),
        (np.zeros((64, 64), bool), 'no pixel known'),
        (np.ones((64, 64), bool), 'has no hole'),
        ([known, known], '2 masks for 1 pictures'),
    ):
        with pytest.raises(ArgumentError, match=said):
            masks_of(wrong, [photo], False)
