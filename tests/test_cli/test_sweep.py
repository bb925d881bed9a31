"""MAP-D and the choice of its λ through the real command line, with random weights."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from processor import processor_seconds

ROOT = Path(__file__).resolve().parents[2]
CONFIG = f"""
_base_ = [{str(ROOT / 'configs' / 'mapd_toyfaces_inpaint.py')!r}]
model = dict(
    prior=dict(
        _delete_=True,
        type='DCGANPrior',
        latent='uniform',
        generator=dict(type='DCGANGenerator', output_scale=64, base_channels=16, noise_size=8),
    ),
    discriminator=dict(
        type='DCGANDiscriminator', input_scale=64, output_scale=4, out_channels=1, base_channels=4,
    ),
    stages=[dict(iterations=5)],
)
test_dataloader = dict(dataset=dict(length=2))
"""


def tool(name, *words, cwd=ROOT):
    command = [sys.executable, ROOT / 'tools' / name, *words]
    with processor_seconds() as took:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=900)
    return done, took.seconds


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'mapd_random_inpaint.py'
    path.write_text(CONFIG)
    return path


def test_help_is_quick():
    done, took = min((tool('sweep.py', '--help') for _ in range(2)), key=lambda run: run[1])
    assert done.returncode == 0 and took < 2
    assert all(flag in done.stdout for flag in ('--key', '--values', '--images', '--cfg-options'))


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['--key', 'modle.realism', '--values', '1'], 'did you mean model'),
        (['--key', 'model.realism', '--values', '1', '1.0'], 'twice'),
        (['--key', 'model.realism', '--values', '1', '--images', '0'], 'at least 1'),
        (['--key', 'model.realism', '--values', '1', '--folder', 'x'], 'no folder'),
    ],
)
def test_a_mistake_is_one_line(config, words, said, call):
    done = call('sweep', config, *words, cwd=ROOT)
    assert done.returncode == (2 if 'modle.realism' in words else 1)
    assert done.stderr.count('\n') == 1 and done.stderr.startswith('error: ')
    assert said in done.stderr


@pytest.mark.slow
def test_map_d_restores_beside_the_classical_methods(config, tmp_path):
    short = [f'model.baselines.{i}.iterations=5' for i in (1, 2, 3)]
    done, _ = tool(
        'test.py', config, '--work-dir', tmp_path / 'run', '--cfg-options', *short, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    metrics = json.loads((tmp_path / 'run' / 'metrics.json').read_text())
    variants = {'measurement', 'TV', 'low-rank', 'sparse', 'MAP-D', 'MAP-D-Poisson'}
    assert {name.split('/')[0] for name in metrics if name.endswith('/PSNR')} == variants
    assert all(np.isfinite(value) for value in metrics.values())
    assert metrics['PSNR'] == metrics['MAP-D-Poisson/PSNR'] > metrics['MAP-D/PSNR']


@pytest.mark.slow
def test_sweep_uses_training_images_and_finds_the_best(config, tmp_path):
    words = ['--key', 'model.realism', '--values', '0', '0.1', '10', '--images', '2']
    done, _ = tool('sweep.py', config, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    folder = tmp_path / 'work_dirs' / 'sweep_mapd_random_inpaint'
    report = json.loads((folder / 'sweep.json').read_text())
    assert (report['key'], report['images'], report['metric']) == ('model.realism', 2, 'PSNR')
    assert [run['value'] for run in report['runs']] == [0, 0.1, 10]
    scores = {run['value']: run['metrics']['PSNR'] for run in report['runs']}
    assert len(set(scores.values())) == 3
    assert scores[report['best']] == max(scores.values())
    assert not any(name.startswith('TV') for name in report['runs'][0]['metrics'])
    with open(folder / 'model.realism=0.1' / 'per_image.csv') as file:
        assert [row['key'] for row in csv.DictReader(file)] == ['train-000000', 'train-000001']
    assert Image.open(folder / 'sweep.png').size[0] > 500
