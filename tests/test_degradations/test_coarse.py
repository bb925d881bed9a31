"""How loudly an image is measured, and where its coarse content is."""

import pytest
import torch

from mmgenprior.degradations import coarse_share, detail_gain, get_degradation

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


@pytest.mark.parametrize(
    'physics, expected',
    [
        (dict(type='Identity'), 1.0),
        (dict(type='UniformBlur', size=5), 1 / 5),
        (dict(type='GaussianCompressedSensing', ratio=0.25, seed=0), 0.25**-0.25),
        # ‖A‖_F² = m, of the m that are seen.
        (dict(type='BoxMask', size=16), (1 - 0.25) ** 0.25),
        (dict(type='Luminance'), (0.299**2 + 0.587**2 + 0.114**2) ** 0.5 * 3**-0.25),
    ],
)
def test_the_gain_is_that_of_single_pixels(physics, expected):
    degradation = get_degradation(dict(physics=physics, centre=0.5, noise=None)).bind({}, SHAPE)
    y = degradation.forward_operator(torch.rand(2, *SHAPE))
    gain = detail_gain(degradation, y, torch.Generator().manual_seed(0), probes=16)
    assert gain.tolist() == pytest.approx([expected] * 2, rel=0.04)
