"""Calibration through the real command line, with random weights."""

import json
from pathlib import Path

import pytest

from .conftest import ROOT, command

CONFIG = f"""
_base_ = [
    {str(ROOT / 'configs/_base_/data/toyfaces.py')!r},
    {str(ROOT / 'configs/_base_/degradations/sr4.py')!r},
    {str(ROOT / 'configs/_base_/runtime/default.py')!r},
]
model = dict(
    type='GaussNewton',
    prior=dict(
        type='DCGANPrior',
        generator=dict(type='DCGANGenerator', output_scale=64, base_channels=16, noise_size=8),
    ),
    stages=dict(latent=dict(iterations=2), adapted=dict(iterations=2)),
    samples=1,
)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
"""


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / 'small_sr4.py'
    path.write_text(CONFIG)
    return path


@pytest.mark.parametrize(
    ('config_name', 'words', 'said'),
    [
        ('iagan_toyfaces_sr4', [], 'IAGAN tells no intervals'),
        ('small_sr4.py', ['--folder', 'x'], 'they have no folder'),
        ('small_sr4.py', ['--also', 'iagan_toyfaces_sr4'], 'IAGAN tells no intervals'),
    ],
)
def test_a_mistake_is_one_line(config, config_name, words, said, call):
    done = call('calibrate', config_name, *words, cwd=config.parent)
    assert done.returncode == 1 and said in done.stderr, done.stderr
    assert done.stderr.count('\n') == 1 and done.stderr.startswith('error: ')


@pytest.mark.slow
def test_the_factors_make_the_training_images_nominal(config, tmp_path):
    words = ['--images', '2', '--work-dir', tmp_path / 'calibration']
    done = command('calibrate', config, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    report = json.loads((tmp_path / 'calibration' / 'calibration.json').read_text())
    assert report['coverage']['small_sr4']['after'] == pytest.approx([50, 90, 95], abs=1)
    assert f'calibration={report["calibration"]}' in done.stdout
    # The same command again restores nothing, and says the same.
    done = command('calibrate', config, *words, cwd=tmp_path)
    assert done.returncode == 0 and '2 of 2 images are done.' in done.stdout + done.stderr
    assert json.loads((tmp_path / 'calibration' / 'calibration.json').read_text()) == report
    # The factors in the config give the same shares, by the metric of a run of those images.
    factors = ','.join(map(str, report['calibration']))
    options = [
        f'model.calibration={factors}',
        'test_dataloader.dataset.split=train',
        'test_dataloader.dataset.length=20002',
        'test_dataloader.dataset.indices=20000,20001',
    ]
    words = ['--work-dir', tmp_path / 'run', '--cfg-options', *options]
    done = command('test', config, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    metrics = json.loads((tmp_path / 'run' / 'metrics.json').read_text())
    found = [metrics[f'coverage/{level}'] for level in (50, 90, 95)]
    assert found == pytest.approx(report['coverage']['small_sr4']['after'], abs=0.3)
