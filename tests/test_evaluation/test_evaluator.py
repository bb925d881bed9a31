from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from mmagic.registry import EVALUATORS, METRICS
from mmagic.structures import DataSample

import mmgenprior.evaluation  # noqa: F401
from mmgenprior.degradations import get_degradation
from mmgenprior.structures import Measurement
from mmgenprior.utils.errors import UserError

METRIC_CFGS = [dict(type='PSNR'), dict(type='SSIM'), dict(type='MAE'), dict(type='MSE')]
SR4 = dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)


def build(metrics=METRIC_CFGS, **kwargs):
    return EVALUATORS.build(
        dict(type='RestorationEvaluator', metrics=list(metrics), _scope_='mmagic', **kwargs)
    )


def image(seed: int, size: int = 16) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(3, size, size, generator=generator) * 255


def sample(key: str, index: int, gt: bool = True, **variants: torch.Tensor) -> DataSample:
    variants = variants or dict(CSGM=image(2 * index), IAGAN=image(2 * index + 1))
    main = list(variants)[-1]
    output = DataSample(pred_img=variants[main], objective=torch.tensor(0.5))
    output.set_field(variants, 'variants', dtype=dict)
    output.set_metainfo(dict(main=main))
    result = DataSample(output=output, metainfo=dict(key=key, sample_idx=index))
    if gt:
        result.gt_img = image(100 + index)
    return result


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    return 10 * math.log10(255**2 / (a.double() - b.double()).square().mean().item())


def test_every_variant_is_measured_as_the_stock_metric_does():
    evaluator = build()
    samples = [sample('a', 0), sample('b', 1)]
    evaluator.process(samples, None)
    result = evaluator.evaluate()
    for variant in ('CSGM', 'IAGAN'):
        expected = np.mean([psnr(s.output.variants[variant], s.gt_img) for s in samples])
        assert result[f'{variant}/PSNR'] == pytest.approx(expected, abs=1e-4)
        views = [
            dict(output=dict(pred_img=s.output.variants[variant]), gt_img=s.gt_img) for s in samples
        ]
        for cfg in METRIC_CFGS:
            metric = METRICS.build(dict(cfg, _scope_='mmagic'))
            metric.process(None, views)
            stock = metric.compute_metrics(metric.results)[cfg['type']]
            assert result[f'{variant}/{cfg["type"]}'] == pytest.approx(float(stock), rel=1e-6)
    assert result['PSNR'] == result['IAGAN/PSNR']
    assert result['SSIM'] == result['IAGAN/SSIM']


def test_order_and_batching_change_no_digit():
    results = []
    for order in ([0, 1, 2, 3, 4], [3, 1, 4, 0, 2]):
        evaluator = build()
        for i in order:
            evaluator.process([sample(f'k{i}', i)], None)
        results.append(evaluator.evaluate())
    batched = build()
    batched.process([sample(f'k{i}', i) for i in range(5)], None)
    assert results[0] == results[1] == batched.evaluate()


def test_padding_duplicates_count_once():
    evaluator, padded = build(), build()
    evaluator.process([sample('a', 0), sample('b', 1)], None)
    padded.process([sample('a', 0), sample('b', 1), sample('a', 0)], None)
    assert evaluator.evaluate() == padded.evaluate()
    assert [row['key'] for row in padded.merged] == ['a', 'b']


def test_two_samples_of_one_key_are_an_error():
    with pytest.raises(ValueError, match="key 'a'"):
        build().process([sample('a', 0), sample('a', 1)], None)


def test_without_ground_truth_metrics_are_left_out(caplog):
    evaluator = build()
    evaluator.process([sample('a', 0), sample('b', 1, gt=False)], None)
    only_a = build()
    only_a.process([sample('a', 0)], None)
    assert evaluator.evaluate() == only_a.evaluate()
    none = build()
    none.process([sample('b', 1, gt=False)], None)
    assert none.evaluate() == {}


def test_measurement_is_a_variant_where_it_has_the_size():
    blurred, small = image(7), image(8, size=4)
    evaluator = build()
    evaluator.process([sample('a', 0)], dict(inputs=dict(img=[blurred])))
    result = evaluator.evaluate()
    assert result['measurement/PSNR'] == pytest.approx(psnr(blurred, image(100)), abs=1e-4)
    evaluator.process([sample('a', 0)], dict(inputs=dict(img=[small])))
    assert 'measurement/PSNR' not in evaluator.evaluate()


def test_one_pass_and_only_sample_wise_metrics():
    evaluator = build()
    assert evaluator.prepare_samplers(None, 'loader') == [[evaluator.metrics, 'loader']]
    with pytest.raises(UserError, match='InceptionScore is of a set'):
        build([dict(type='InceptionScore', fake_nums=1)])


def test_rows_reach_the_samples_and_can_be_loaded_again():
    evaluator = build()
    samples = [sample('a', 0), sample('b', 1)]
    evaluator.process(samples, None)
    rows = [s.metainfo['row'] for s in samples]
    expected = evaluator.evaluate()
    fresh = build()
    fresh.load_rows(rows)
    assert fresh.evaluate() == expected
    assert rows[0]['objective'] == 0.5


def test_consistency_is_the_residual_of_the_measurement():
    x = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0))
    degradation = get_degradation(SR4)
    y = degradation.forward_operator(x[None])[0]
    measurement = Measurement(y=y + 0.25, degradation=SR4, image_shape=(3, 16, 16), key='a')
    data = sample('a', 0, gt=False, IAGAN=x.flip(0) * 255)
    data.set_metainfo(dict(measurement=measurement))
    evaluator = build([dict(type='PSNR'), dict(type='MeasurementConsistency')])
    evaluator.process([data], None)
    result = evaluator.evaluate()
    assert set(result) == {'Consistency', 'IAGAN/Consistency'}
    assert result['Consistency'] == pytest.approx(0.25, abs=1e-5)


def test_pooled_psnr_is_that_of_the_mean_error():
    truth = image(100)
    near, far = truth + 2, truth + 20  # squared errors 4 and 400
    samples = [sample('a', 0, IAGAN=near), sample('b', 1, IAGAN=far)]
    for s in samples:
        s.gt_img = truth
    evaluator = build([dict(type='PooledPSNR'), dict(type='PSNR')])
    evaluator.process(samples, None)
    result = evaluator.evaluate()
    assert result['PooledPSNR'] == pytest.approx(10 * math.log10(255**2 / 202), abs=1e-5)
    assert result['PooledPSNR'] < result['PSNR']


def test_a_measurement_that_is_no_picture_is_no_variant():
    coded = dict(physics=dict(type='GaussianCompressedSensing', m=8))
    measurement = Measurement(torch.zeros(8), coded, (3, 16, 16), key='a')
    data = sample('a', 0)
    data.set_metainfo(dict(measurement=measurement))
    evaluator = build()
    evaluator.process([data], dict(inputs=[image(7)]))  # the picture is that of the adjoint
    assert 'measurement/PSNR' not in evaluator.evaluate()
