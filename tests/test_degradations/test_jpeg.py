"""JPEG: what libjpeg makes of the same picture."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from mmgenprior.damages import parse_damage
from mmgenprior.damages.jpeg_tables import quality_of, quality_table
from mmgenprior.datasets.toyfaces import render_face
from mmgenprior.degradations import DegradationError, build_degradation


def compressed(picture, quality, subsampling):
    content = io.BytesIO()
    Image.fromarray(picture).save(content, 'JPEG', quality=quality, subsampling=subsampling)
    return Image.open(content)


@pytest.mark.parametrize('quality', [10, 50, 90])
def test_the_tables_are_those_of_libjpeg(quality):
    tables = compressed(np.zeros((16, 16, 3), np.uint8), quality, 2).quantization
    for number, chrominance in ((0, False), (1, True)):
        ours = [step for row in quality_table(quality, chrominance) for step in row]
        assert sorted(ours) == sorted(tables[number])
    assert quality_of(tables[0]) == quality


@pytest.mark.parametrize(('quality', 'halved'), [(15, True), (40, False), (75, True)])
@pytest.mark.parametrize('size', [64, 61])
def test_the_picture_is_that_of_libjpeg(quality, halved, size):
    face = render_face(0, 'test', 3, 64)[:size, :size].copy()
    theirs = np.asarray(compressed(face, quality, 2 if halved else 0), np.float32)
    config = dict(physics=dict(type='JPEGCompression', quality=quality, subsampling=halved))
    x = torch.from_numpy(face.transpose(2, 0, 1)).float()[None] / 255
    ours = build_degradation({**config, 'centre': 0.5}).forward_operator(x) + 0.5
    difference = ours[0].numpy().transpose(1, 2, 0) * 255 - theirs
    loss = theirs - face
    # libjpeg rounds colours to bytes before and after; the loss itself is far larger.
    assert np.sqrt((difference**2).mean()) < 0.15 * np.sqrt((loss**2).mean()) + 0.6


def test_it_stands_still_and_lets_gradients_through():
    degradation = build_degradation(parse_damage('jpeg:20').config())
    x = torch.rand(2, 3, 24, 40, requires_grad=True)
    once = degradation.forward_operator(x)
    assert not once.requires_grad
    again = degradation.forward_operator(once + 0.5)
    assert (again - once).abs().mean() < 0.2 * (once + 0.5 - x).abs().mean()
    degradation.predict(x).sum().backward()
    assert torch.equal(x.grad, torch.ones_like(x))


@pytest.mark.parametrize('quality', [0, 101, True])
def test_qualities(quality):
    with pytest.raises(DegradationError, match='from 1 to 100'):
        build_degradation(dict(physics=dict(type='JPEGCompression', quality=quality)))
