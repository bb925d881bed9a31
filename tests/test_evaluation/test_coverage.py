"""Shares of the truth inside intervals, their widths, and the order of the deviations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmagic.registry import EVALUATORS
from mmagic.structures import DataSample
from scipy.stats import norm

from mmgenprior.degradations import get_degradation
from mmgenprior.evaluation import Coverage
from mmgenprior.structures import Measurement

SHAPE = (3, 48, 48)
BOX = dict(physics=dict(type='BoxMask', size=16), centre=0.5)


def outcome(deviation, seed=0, factor=1.0):
    """A truth that differs from the picture by normal errors of the deviation, in grey levels."""
    generator = torch.Generator().manual_seed(seed)
    pred = torch.full(SHAPE, 128.0)
    gt = pred + deviation * torch.randn(SHAPE, generator=generator)
    output = dict(pred_img=pred, main='mean', std=deviation[:1] / 255)
    for level in (50, 90, 95):
        half = factor * norm.ppf(0.5 + level / 200) * deviation
        output[f'interval_{level}'] = torch.stack([pred - half, pred + half])
    return dict(gt_img=gt, output=output)


def numbers(*samples):
    metric = Coverage()
    metric.process(None, samples)
    return metric.results


def test_intervals_of_the_right_width_hold_what_they_say():
    deviation = torch.rand(1, *SHAPE[1:], generator=torch.Generator().manual_seed(1)) * 20 + 1
    (found,) = numbers(outcome(deviation.expand(SHAPE)))
    for level in (50, 90, 95):
        error = 100 * (level / 100 * (1 - level / 100) / np.prod(SHAPE)) ** 0.5
        assert found[f'coverage/{level}'] == pytest.approx(level, abs=4 * error)
        width = 2 * norm.ppf(0.5 + level / 200) * deviation.mean().item()
        assert found[f'width/{level}'] == pytest.approx(width, rel=1e-5)
    assert 0.3 < found['std_rank'] < 1
    (narrow,) = numbers(outcome(deviation.expand(SHAPE), factor=0.5))
    assert narrow['coverage/90'] == pytest.approx(
        100 * (2 * norm.cdf(0.5 * norm.ppf(0.95)) - 1), abs=2
    )


def test_deviations_in_the_order_of_the_errors_have_rank_one():
    sample = outcome(torch.ones(SHAPE))
    error = (sample['gt_img'] - sample['output']['pred_img']).square().mean(0, keepdim=True).sqrt()
    sample['output']['std'] = error**3
    assert numbers(sample)[0]['std_rank'] == pytest.approx(1)
    sample['output']['std'] = torch.ones_like(error)
    assert 'std_rank' not in numbers(sample)[0]


def test_what_is_known_counts_only_where_it_is_wrong():
    known = torch.zeros(SHAPE)
    known[:, 16:32, 16:32] = 10.0
    sample = outcome(known)
    (found,) = numbers(sample)
    # Known values are right: the shares are those of the 256 open pixels.
    assert found['coverage/90'] == pytest.approx(90, abs=4.5)
    inside = found['coverage/90'] / 100 * 768
    sample['gt_img'][:, 0, :] += 3
    (wrong,) = numbers(sample)
    assert wrong['coverage/90'] == pytest.approx(100 * inside / (768 + 3 * 48))


def test_the_hole_is_told_apart():
    operator = get_degradation(BOX)
    params = operator.draw_parameters(SHAPE, torch.Generator())
    y = operator.measure(torch.zeros(1, *SHAPE), {}, None)[0]
    sample = outcome(torch.full(SHAPE, 10.0))
    sample['measurement'] = Measurement(y, BOX, SHAPE, params, key='a')
    sample['gt_img'][:, 16:32, 16:32] = 255
    (found,) = numbers(sample)
    assert found['coverage_hole/95'] == 0 < found['coverage/95'] < 95 * (1 - 1 / 9) + 2
    assert 'coverage_hole/95' not in numbers(outcome(torch.ones(SHAPE)))[0]


def test_the_main_variant_alone_is_measured():
    view = outcome(torch.ones(SHAPE))
    output = DataSample(metainfo=dict(main='mean', seconds=1.5))
    for name, value in view['output'].items():
        if name != 'main':
            output.set_field(value, name)
    variants = dict(sample=output.pred_img + 1, mean=output.pred_img)
    output.set_field(variants, 'variants', dtype=dict)
    config = dict(type='RestorationEvaluator', metrics=[dict(type='MAE'), dict(type='Coverage')])
    evaluator = EVALUATORS.build(config | dict(_scope_='mmagic'))
    sample = DataSample(output=output, metainfo=dict(key='a', sample_idx=0))
    sample.gt_img = view['gt_img']
    without = DataSample(
        output=DataSample(pred_img=output.pred_img), metainfo=dict(key='b', sample_idx=1)
    )
    without.gt_img = view['gt_img']
    evaluator.process([sample, without], None)
    assert sample.metainfo['row']['seconds'] == 1.5
    found = evaluator.evaluate()
    assert found['coverage/90'] == found['mean/coverage/90'] == pytest.approx(90, abs=2)
    assert {'sample/MAE', 'mean/width/50'} <= set(found)
    assert not any('coverage' in name for name in found if name.startswith('sample/'))
