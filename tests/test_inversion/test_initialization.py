"""Where searches start depends on the sample's key and the seed alone."""

import pytest
import torch
from mmagic.registry import MODELS

from mmgenprior.inversion import GivenLatents


def test_random_latents_belong_to_the_key(prior):
    start = MODELS.build(dict(type='RandomLatents'))
    together = start(prior, ['a', 'b'], 0)['z']
    assert torch.equal(start(prior, ['b'], 0)['z'][0], together[1])
    assert not torch.equal(together[0], together[1])
    assert not torch.equal(start(prior, ['a'], 1)['z'][0], together[0])


def test_restarts_of_an_image_lie_side_by_side(prior):
    one = MODELS.build(dict(type='RandomLatents'))(prior, ['a', 'b'], 0)['z']
    three = MODELS.build(dict(type='RandomLatents', restarts=3))(prior, ['a', 'b'], 0)['z']
    assert three.shape == (6, 10)
    assert torch.equal(three[::3], one)


def test_zero_latents(prior):
    latents = MODELS.build(dict(type='ZeroLatents'))(prior, ['a', 'b'], 0)
    assert torch.equal(latents['z'], torch.zeros(2, 10))


def test_given_latents_are_flattened_and_counted(prior):
    given = torch.randn(2, 3, 10)
    assert torch.equal(
        GivenLatents({'z': given}, 3)(prior, ['a', 'b'], 0)['z'], given.flatten(0, 1)
    )
    with pytest.raises(ValueError, match="6 latents 'z' for 1 images with 3 restarts"):
        GivenLatents({'z': given}, 3)(prior, ['a'], 0)


def test_restarts_must_be_positive():
    with pytest.raises(ValueError, match='restarts'):
        MODELS.build(dict(type='RandomLatents', restarts=0))
