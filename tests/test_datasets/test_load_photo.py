from __future__ import annotations

import cv2
import numpy as np
import pytest
from mmagic.registry import TRANSFORMS

from mmgenprior.datasets import LoadPhoto, Translate


def test_loads_what_mmagic_loads(tmp_path, photo):
    path = str(tmp_path / 'a.png')
    cv2.imwrite(path, photo())
    stock = TRANSFORMS.build(
        dict(type='mmagic.LoadImageFromFile', key='gt', channel_order='bgr')
    ).transform(dict(gt_path=path))
    ours = TRANSFORMS.build(dict(type='LoadPhoto')).transform(dict(gt_path=path))
    np.testing.assert_array_equal(ours['gt'], stock['gt'])
    for name in ('ori_gt_shape', 'gt_channel_order', 'gt_color_type'):
        assert ours[name] == stock[name]


def test_other_sizes_are_cropped_round_the_centre(tmp_path):
    wide = np.zeros((8, 24, 3), np.uint8)
    wide[:, 8:16] = 200  # the middle third is what a square crop keeps
    cv2.imwrite(str(tmp_path / 'wide.png'), wide)
    result = LoadPhoto(size=4).transform(dict(gt_path=str(tmp_path / 'wide.png')))
    np.testing.assert_array_equal(result['gt'], np.full((4, 4, 3), 200, np.float32))
    larger = LoadPhoto(size=(16, 16)).transform(dict(gt_path=str(tmp_path / 'wide.png')))
    assert larger['gt'].shape == (16, 16, 3)
    assert larger['gt'].max() <= 255


def test_missing_truth_may_be_allowed(tmp_path):
    assert LoadPhoto(allow_missing=True).transform(dict(key='a')) == dict(key='a')
    with pytest.raises(KeyError):
        LoadPhoto().transform(dict(key='a'))


@pytest.mark.parametrize('shift', [(3, 0), (-3, 0), (0, 2), (-1, -2)])
def test_translate_moves_the_interior_exactly(shift):
    image = np.random.default_rng(0).random((12, 10, 3)).astype(np.float32)
    moved = Translate(shift).transform(dict(gt=image.copy()))['gt']
    assert moved.shape == image.shape
    down, right = shift
    for row in range(max(down, 0), 12 + min(down, 0)):
        for column in range(max(right, 0), 10 + min(right, 0)):
            assert (moved[row, column] == image[row - down, column - right]).all()


def test_translate_border():
    image = np.arange(4, dtype=np.float32).reshape(4, 1, 1).repeat(3, axis=2)
    replicated = Translate((2, 0), border='replicate').transform(dict(gt=image))['gt']
    assert replicated[:, 0, 0].tolist() == [0, 0, 0, 1]
    reflected = Translate((2, 0)).transform(dict(gt=image))['gt']
    assert reflected[:, 0, 0].tolist() == [2, 1, 0, 1]
    with pytest.raises(ValueError, match='border'):
        Translate((1, 0), border='wrap')
