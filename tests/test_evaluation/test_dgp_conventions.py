from __future__ import annotations

import numpy as np
import pytest
import torch

from mmgenprior.evaluation import DGPMetrics, dgp_metrics
from mmgenprior.evaluation.dgp_conventions import TASKS
from mmgenprior.structures import Measurement
from mmgenprior.utils.lab import with_lightness_of


@pytest.fixture(scope='module')
def golden(shared):
    return np.load(shared('golden', 'metrics', 'metrics.npz'))


def box(size: int = 128) -> np.ndarray:
    hole = np.zeros((size, size), bool)
    hole[43:85, 43:85] = True
    return hole


@pytest.mark.parametrize('task', TASKS)
def test_golden(golden, task):
    hole = box() if task == 'inpainting' else None
    for a, b, expected in zip(golden['A'], golden['B'], golden[f'dgp_{task}']):
        found = dgp_metrics(a / 255, b / 255, task, hole)
        # The official images are float32.
        assert list(found.values()) == pytest.approx(expected.tolist(), rel=1e-6, abs=1e-6)


def test_golden_colorization_merge(golden):
    merged = with_lightness_of(golden['A'][0] / 255, golden['B'][0] / 255)
    expected = golden['dgp_colorization_x2_pair0'][0].transpose(1, 2, 0)
    # On [-1, 1] and in float32 there.
    assert np.abs(merged * 2 - 1 - expected).max() < 2e-6


def test_stock_psnr_and_ssim_conventions(golden):
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    for i, (a, b) in enumerate(zip(golden['A'], golden['B'])):
        assert peak_signal_noise_ratio(a, b) == pytest.approx(golden['psnr_u8'][i], rel=1e-9)
        ssim = structural_similarity(a, b, channel_axis=2, data_range=255)
        assert ssim == pytest.approx(golden['ssim_u8'][i], abs=1e-9)
        quirk = dgp_metrics(a / 255, b / 255)['SSIM']
        assert quirk == pytest.approx(golden['ssim_data_range2'][i], abs=1e-6)
        assert quirk > golden['ssim_data_range1'][i]


def test_metric_reads_bgr_and_the_hole_of_the_measurement():
    random = np.random.default_rng(0)
    a, b = random.random((2, 128, 128, 3))
    gt, pred = (torch.from_numpy(x).permute(2, 0, 1).flip(0) * 255 for x in (a, b))
    mask = torch.from_numpy(~box())[None].float()
    cfg = dict(physics=dict(type='FileMask'))
    measurement = Measurement(torch.zeros(3, 128, 128), cfg, (3, 128, 128), dict(mask=mask), 'a')
    view = dict(gt_img=gt, output=dict(pred_img=pred))
    metric = DGPMetrics(task='inpainting')
    metric.process(None, [view | dict(measurement=measurement), view])
    assert len(metric.results) == 1  # the second has no hole
    expected = dgp_metrics(a, b, 'inpainting', box())
    assert metric.compute_metrics(metric.results) == pytest.approx(
        {f'DGP_{name}': value for name, value in expected.items()}
    )
    colour = DGPMetrics(task='colorization')
    colour.process(None, [view, view])
    assert colour.compute_metrics(colour.results)['DGP_PSNR'] == pytest.approx(
        dgp_metrics(a, b, 'colorization')['PSNR']
    )
    with pytest.raises(ValueError, match='task='):
        DGPMetrics(task='denoising')
