"""Plans give the numbers that the metrics' own code gives."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mmgenprior.components  # noqa: F401  (before mmagic)

# isort: split
from mmagic.registry import METRICS
from mmengine.registry import DefaultScope

from mmgenprior.evaluation.evaluator import RestorationEvaluator
from mmgenprior.ledger.averaging import by_plan, needs_metrics

KINDS = {
    'PSNR': ['PSNR'],
    'SSIM': ['SSIM'],
    'MAE': ['MAE'],
    'PooledPSNR': ['PooledPSNR'],
    'Coverage': ['coverage/50', 'width/50'],
    'DGPMetrics': ['DGP_PSNR', 'DGP_SSIM'],
    'ClassifierAccuracy': ['top1', 'top5'],
}


def evaluator(*metrics):
    with DefaultScope.overwrite_default_scope('mmagic'):
        return RestorationEvaluator(metrics=[dict(type=kind) for kind in metrics])


@pytest.mark.parametrize('kind', KINDS)
@given(data=st.data())
def test_a_plan_gives_the_number_of_the_metric(kind, data):
    own = evaluator(kind)
    assert not needs_metrics(own.plans)
    values = st.floats(1e-3, 1e4)
    results = data.draw(
        st.lists(st.fixed_dictionaries(dict.fromkeys(KINDS[kind], values)), min_size=1, max_size=8)
    )
    expected = own.metrics[0].compute_metrics(results)
    assert by_plan(own.plans)(0, results) == expected


def test_a_metric_that_averages_in_its_own_way_keeps_it():
    class Largest(METRICS.get('PSNR')):
        def compute_metrics(self, results):
            return {'PSNR': max(result['PSNR'] for result in results)}

    class Worst(METRICS.get('Coverage')):
        def compute_metrics(self, results):
            return {'x': 1.0}

    own = RestorationEvaluator(metrics=[Largest(), Worst()])
    assert [plan['kind'] for plan in own.plans] == ['own', 'own'] and needs_metrics(own.plans)
    assert own.compute(0, [{'PSNR': 1.0}, {'PSNR': 3.0}]) == {'PSNR': 3.0}


def test_the_ledger_needs_no_torch():
    code = (
        'import sys, mmgenprior.ledger.summary, mmgenprior.ledger.lock, mmgenprior.ledger.aside\n'
        'assert not {"torch", "mmengine", "mmagic"} & set(sys.modules)'
    )
    subprocess.run([sys.executable, '-c', code], check=True)
