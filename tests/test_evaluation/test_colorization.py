from __future__ import annotations

import numpy as np
import pytest
import torch
from mmagic.registry import METRICS
from skimage.color import deltaE_cie76, rgb2lab

from mmgenprior.evaluation import ColorizationAuC, colorization_auc
from mmgenprior.utils.errors import UserError


def pair(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    a = random.random((16, 16, 3))
    return a, (a + random.normal(0, 0.1, a.shape)).clip(0, 1)


def test_golden(shared):
    golden = np.load(shared('golden', 'metrics', 'metrics.npz'))
    for kind in ('u8', 'f32'):
        pictures = [golden[name] for name in 'AB']
        if kind == 'f32':
            pictures = [p.astype(np.float32) / np.float32(255) for p in pictures]
        found = [colorization_auc(a, b) for a, b in zip(*pictures)]
        assert found == pytest.approx(golden[f'auc_{kind}'].tolist(), abs=1e-9)


def test_area_is_that_of_the_counted_thresholds():
    a, b = pair()
    labs = [rgb2lab(x) for x in (a, b)]
    for lab in labs:
        lab[..., 0] = 0
    error = deltaE_cie76(*labs)
    expected = 100 * np.mean([(error <= t).mean() for t in range(150)])
    assert colorization_auc(a, b) == pytest.approx(expected, abs=1e-12)
    assert expected < 100


def test_lightness_does_not_count_and_exact_colours_are_100():
    a, _ = pair(1)
    assert colorization_auc(a, a) == 100
    grey = np.full((4, 4, 3), 0.5)
    # Greys are a hair apart in ab, so that none counts at the threshold 0.
    assert colorization_auc(grey, grey * 0.4) == pytest.approx(100 * 149 / 150)
    with pytest.raises(ValueError, match='shapes'):
        colorization_auc(a, a[1:])


def test_floats_are_taken_unclamped_and_8_bit_as_saved():
    a, b = pair(2)
    b = b + 0.1  # partly above 1
    gt, pred = (torch.from_numpy(x).permute(2, 0, 1).flip(0) * 255 for x in (a, b))
    plain, saved = ColorizationAuC(), ColorizationAuC(eight_bit=True)
    for metric in (plain, saved):
        metric.process(None, [dict(gt_img=gt, output=dict(pred_img=pred))])
    eight = [np.rint(x.clip(0, 1) * 255).astype(np.uint8) for x in (a, b)]
    assert plain.results == [{'AuC': pytest.approx(colorization_auc(a, b), abs=1e-9)}]
    assert saved.results == [{'AuC_8bit': pytest.approx(colorization_auc(*eight), abs=1e-9)}]
    assert abs(plain.results[0]['AuC'] - saved.results[0]['AuC_8bit']) > 1e-3
    assert METRICS.get('ColorizationAuC') is ColorizationAuC


def test_parity_centres_and_measures_in_float32():
    random = np.random.default_rng(3)
    a, b = (random.integers(0, 256, (3, 16, 16)).astype(np.float32) for _ in 'ab')
    b[:, :8] = a[:, :8]
    b[1, 4:8] += np.float32(1e-5)
    found = ColorizationAuC(parity=True).process_image(
        torch.from_numpy(a), torch.from_numpy(b), None
    )
    centred = [x / np.float32(255) - np.float32(0.5) + np.float32(0.5) for x in (a, b)]
    assert centred[0].dtype == np.float32
    expected = colorization_auc(*(x[::-1].transpose(1, 2, 0) for x in centred))
    assert found == pytest.approx(expected, abs=1e-12)
    with pytest.raises(UserError, match='parity=True is for floats'):
        ColorizationAuC(parity=True, eight_bit=True)
