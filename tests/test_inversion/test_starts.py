"""Where searches start depends on the sample's key and the seed alone."""

import pytest
import torch
from mmagic.registry import MODELS

from mmgenprior.inversion import GivenStart
from mmgenprior.structures import MeasurementBatch


@pytest.fixture
def drawn(prior, degradation, y):
    """First z of samples by key, as a start draws them."""

    def draw(start, keys, seed=0):
        batch = MeasurementBatch(y[: len(keys)], degradation, prior.image_shape, list(keys))
        return start.start(prior, batch, seed)['z']

    return draw


def test_random_latents_belong_to_the_key(drawn):
    start = MODELS.build(dict(type='RandomStart'))
    together = drawn(start, 'ab')
    assert torch.equal(drawn(start, 'b')[0], together[1])
    assert not torch.equal(together[0], together[1])
    assert not torch.equal(drawn(start, 'a', 1)[0], together[0])


def test_restarts_of_an_image_lie_side_by_side(drawn):
    one = drawn(MODELS.build(dict(type='RandomStart')), 'ab')
    three = drawn(MODELS.build(dict(type='RandomStart', restarts=3)), 'ab')
    assert three.shape == (6, 10)
    assert torch.equal(three[::3], one)


def test_given_latents_are_flattened_and_counted(drawn):
    given = torch.randn(2, 3, 10)
    assert torch.equal(drawn(GivenStart({'z': given}, 3), 'ab'), given.flatten(0, 1))
    with pytest.raises(ValueError, match="6 latents 'z' for 1 images with 3 restarts"):
        drawn(GivenStart({'z': given}, 3), 'a')


def test_restarts_must_be_positive():
    with pytest.raises(ValueError, match='restarts'):
        MODELS.build(dict(type='RandomStart', restarts=0))
