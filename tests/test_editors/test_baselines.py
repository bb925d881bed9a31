"""Baselines restore on their own and as companions."""

import torch
from mmagic.registry import MODELS

import mmgenprior.editors  # noqa: F401  (registers)

DIP = dict(type='DIP', iterations=30, channels=8, layers=3, in_size=4)


def test_direct_baselines_are_their_formula(make_sample):
    sample = make_sample('a')
    y = sample.metainfo['measurement'].y
    bicubic = MODELS.build(dict(type='Bicubic'))([], [sample], mode='tensor')
    expected = torch.nn.functional.interpolate(y[None] + 0.5, scale_factor=4, mode='bicubic')
    torch.testing.assert_close(bicubic, expected)


def test_the_picture_of_the_measurement_is_enlarged_pixel_by_pixel(make_sample):
    sample = make_sample('a')
    y = sample.metainfo['measurement'].y
    picture = MODELS.build(dict(type='MeasurementPicture'))([], [sample], mode='tensor')
    assert torch.equal(
        picture[0], (y + 0.5).clamp(0, 1).repeat_interleave(4, 1).repeat_interleave(4, 2)
    )


def test_dip_fits_the_measurement_and_is_the_samples_own(make_sample):
    short = MODELS.build(DIP | dict(iterations=1))([], [make_sample('a')], mode='tensor')
    state = torch.random.get_rng_state()
    together = MODELS.build(DIP)([], [make_sample('b'), make_sample('a')], mode='tensor')
    assert torch.equal(state, torch.random.get_rng_state())
    alone = MODELS.build(DIP)([], [make_sample('a')], mode='tensor')
    assert torch.equal(alone[0], together[1])
    y = make_sample('a').metainfo['measurement'].y

    def error(images):
        return (torch.nn.functional.avg_pool2d(images[0], 4) - y - 0.5).square().mean()

    assert error(alone) < error(short)
