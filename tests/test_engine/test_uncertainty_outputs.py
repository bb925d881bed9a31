"""What a run of GaussNewton leaves: intervals, deviations and their pictures, and coverage."""

from __future__ import annotations

import csv
import json

import cv2
import numpy as np
import pytest

from .conftest import SR4, make_config, run

MODEL = dict(
    type='GaussNewton',
    prior=dict(
        type='BEGANPrior',
        generator=dict(type='BEGANGenerator', out_size=32, noise_size=6, channels=4),
    ),
    stages=dict(
        descent=dict(iterations=2),
        features=dict(iterations=1),
        adapted=dict(iterations=2),
        sampled=dict(iterations=2),
    ),
    samples=1,
)


@pytest.fixture
def config(photos, tmp_path):
    config = make_config(photos, tmp_path / 'out', degradation=SR4)
    config['model'] = MODEL
    config['test_evaluator']['metrics'] = [dict(type='PSNR'), dict(type='Coverage')]
    config['test_dataloader']['dataset']['indices'] = 2
    config['default_hooks']['maps'] = dict(type='MapsHook')
    return config


def test_files_pictures_and_numbers_of_the_uncertainty(config, photos, tmp_path):
    metrics = run(config)
    out = tmp_path / 'out'
    assert metrics == json.loads((out / 'metrics.json').read_text())
    names = {f'{kind}/{level}' for kind in ('coverage', 'width') for level in (50, 90, 95)}
    assert names | {'std_rank', 'mean/coverage/90', 'sample/PSNR'} <= set(metrics)
    assert metrics['coverage/50'] <= metrics['coverage/90'] <= metrics['coverage/95']
    with open(out / 'per_image.csv') as file:
        rows = list(csv.DictReader(file))
    assert np.mean([float(row['width/90']) for row in rows]) == pytest.approx(metrics['width/90'])
    with open(out / 'seconds.csv') as file:
        assert all(0 < float(row['seconds']) < 600 for row in csv.DictReader(file))

    lower, upper = np.load(out / 'interval_90' / 'a.npy')
    restored = cv2.imread(str(out / 'restored' / 'a.png')).transpose(2, 0, 1)
    assert lower.shape == (3, 32, 32) and (lower <= restored + 0.5).all()
    assert (restored - 0.5 <= upper).all() and lower.min() >= 0 and upper.max() <= 255
    narrow = np.load(out / 'interval_50' / 'a.npy')
    assert (narrow[1] - narrow[0]).mean() < (upper - lower).mean()
    shown = cv2.imread(str(out / 'interval_90' / 'a.png'))
    assert np.array_equal(shown[:, :32], np.rint(lower).astype(np.uint8).transpose(1, 2, 0))
    assert np.load(out / 'std' / 'a.npy').shape == (1, 32, 32)

    # latent, sample, TV, mean, truth, what is known of the certainty; y itself is of another size.
    picture = cv2.imread(str(out / 'pictures' / 'a.png'))
    panel = 256 + 6
    assert picture.shape[1] == 8 * panel + 6
    truth = cv2.imread(str(photos / 'a.png')).astype(float)
    error = np.abs(picture[22:278:8, 7 * panel + 6 : 8 * panel : 8].astype(float)).sum(2)
    level = np.sqrt(np.square(truth - restored.transpose(1, 2, 0)).mean(2))
    order = [np.argsort(np.argsort(x.ravel())) for x in (error, np.minimum(level, 51))]
    assert np.corrcoef(*order)[0, 1] > 0.9, 'brighter is a larger error'


def test_factors_stretch_the_intervals(config, tmp_path):
    run(config)
    first = np.load(tmp_path / 'out' / 'interval_50' / 'a.npy')
    config['model'] = MODEL | dict(calibration=[0.5, 1.0, 1.0])
    config['work_dir'], config['experiment_name'] = str(tmp_path / 'narrow'), 'narrow'
    run(config)
    second = np.load(tmp_path / 'narrow' / 'interval_50' / 'a.npy')
    inside = (first[0] > 0) & (first[1] < 255)
    ratio = (second[1] - second[0])[inside] / (first[1] - first[0])[inside]
    np.testing.assert_allclose(ratio, 0.5, rtol=1e-3)
