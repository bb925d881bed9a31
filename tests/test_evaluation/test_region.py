from __future__ import annotations

import numpy as np
import pytest
import torch
from mmagic.evaluation.metrics import SSIM

from mmgenprior.degradations import get_degradation
from mmgenprior.evaluation import RegionPSNR, RegionSSIM, hole_of
from mmgenprior.evaluation.metrics import RMSE
from mmgenprior.structures import Measurement
from mmgenprior.utils import sample_generator

SHAPE = (3, 24, 24)
BOX = dict(physics=dict(type='BoxMask', size=(8, 10)), centre=0.5)


def measured(degradation, shape=SHAPE, **params) -> Measurement:
    operator = get_degradation(degradation)
    drawn = operator.draw_parameters(shape, sample_generator(0, 'a', 'degradation')) | params
    stacked = {k: v[None] for k, v in drawn.items()}
    y = operator.measure(torch.zeros(1, *shape), stacked, [sample_generator(0, 'a', 'noise')])[0]
    return Measurement(y, degradation, shape, drawn, key='a')


def test_hole_of_masks():
    hole = hole_of(measured(BOX))
    expected = np.zeros(SHAPE[1:], bool)
    expected[8:16, 7:17] = True
    assert np.array_equal(hole, expected)
    boxes = dict(physics=dict(type='RandomBoxesMask', side_mean=6, side_std=1, min_side=3))
    measurement = measured(boxes, (3, 32, 32))
    assert np.array_equal(hole_of(measurement), measurement.params['mask'][0].numpy() == 0)


def test_hole_of_compositions():
    box = dict(type='BoxMask', size=8)
    grey = dict(physics=dict(type='Compose', operators=[dict(type='Luminance'), box]), centre=0.5)
    assert hole_of(measured(grey)).sum() == 64
    smaller = dict(type='BicubicDownsampling', factor=2)
    hybrid = dict(physics=dict(type='Compose', operators=[smaller, box]), centre=0.5)
    assert hole_of(measured(hybrid)) is None  # its hole is one of the small picture
    assert hole_of(measured(dict(physics=dict(type='Luminance')))) is None
    whole = dict(physics=dict(type='FileMask'))
    assert hole_of(measured(whole, mask=torch.ones(1, 24, 24))) is None


def sample(measurement: Measurement | None, inside: float, outside: float) -> dict:
    """A picture that differs from its truth by so many grey levels inside and outside the hole."""
    gt = torch.rand(SHAPE, generator=torch.Generator().manual_seed(0)) * 200 + 20
    pred = gt + outside
    pred[:, 8:16, 7:17] = gt[:, 8:16, 7:17] + inside
    view = dict(gt_img=gt, output=dict(pred_img=pred))
    return view if measurement is None else view | dict(measurement=measurement)


def results(metric, *samples):
    metric.process(None, list(samples))
    return [r[metric.metric] for r in metric.results]


def test_psnr_of_the_hole_alone():
    measurement = measured(BOX)
    found = results(RegionPSNR(), sample(measurement, 5.0, 30.0), sample(measurement, 0.0, 1.0))
    assert found == [pytest.approx(20 * np.log10(255 / 5), abs=1e-5), np.inf]
    assert results(RegionPSNR(), sample(None, 5.0, 0.0)) == []
    assert results(RegionPSNR(), sample(measured(dict(physics=dict(type='Luminance'))), 5, 0)) == []


def test_ssim_of_the_hole_alone():
    measurement = measured(BOX)
    clean, far, near = results(
        RegionSSIM(),
        sample(measurement, 0.0, 0.0),
        sample(measurement, 40.0, 0.0),
        sample(measurement, 20.0, 0.0),
    )
    assert clean == pytest.approx(1) and far < near < 1
    # All hole but for a border of 5, it is the stock metric, which leaves that border out.
    mask = torch.ones(1, 24, 24)
    mask[:, 5:-5, 5:-5] = 0
    everywhere = measured(dict(physics=dict(type='FileMask')), mask=mask)
    view = sample(everywhere, 30.0, 10.0)
    stock = SSIM()
    stock.process(None, [view])
    assert results(RegionSSIM(), view)[0] == pytest.approx(stock.results[0]['SSIM'], abs=1e-6)


def test_rmse_is_in_grey_levels():
    assert results(RMSE(), sample(None, 7.0, 7.0)) == [pytest.approx(7, abs=1e-5)]
