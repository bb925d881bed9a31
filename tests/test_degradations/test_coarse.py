"""Where the coarse content of an image is measured."""

import pytest
import torch

from mmgenprior.degradations import coarse_share, get_degradation

SHAPE = (3, 32, 32)


def share(physics, probes=64):
    degradation = get_degradation(dict(physics=physics, centre=0.5, noise=None)).bind({}, SHAPE)
    like = torch.zeros(1, *SHAPE)
    return coarse_share(degradation, like, torch.Generator().manual_seed(0), probes=probes)


def test_everything_is_known_of_a_whole_image():
    assert torch.allclose(share(dict(type='Identity')), torch.ones(1, 1, 32, 32))


def test_averages_are_known_where_detail_is_lost():
    assert share(dict(type='BicubicDownsampling', factor=2)).min() > 0.85


def test_nothing_is_known_within_a_hole():
    found = share(dict(type='BoxMask', size=20))[0, 0]
    assert found[12:20, 12:20].max() < 1e-2
    assert found[:2].min() > 0.97


@pytest.mark.parametrize(
    'physics, expected',
    [
        (dict(type='Luminance'), 1 / 3),
        (dict(type='GaussianCompressedSensing', ratio=0.25, seed=0), 0.25),
    ],
)
def test_the_share_is_that_of_the_measured_directions(physics, expected):
    assert share(physics).mean().item() == pytest.approx(expected, rel=0.08)
