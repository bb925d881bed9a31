"""Every method through the real command line, in processes of its own."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow
SEARCH = ['model.stages.CSGM.iterations=5']
METHODS = {
    'csgm_celeba64_sr4': SEARCH,
    'iagan_celeba64_sr8': [
        *SEARCH,
        'model.stages.IAGAN.iterations=3',
        'model.baselines.1.iterations=3',
    ],
    'iagan_celeba64_cs': [
        *SEARCH,
        'model.stages.IAGAN.iterations=3',
        'model.baselines.1.iterations=3',
    ],
    'dip_celeba64_inpaint': ['model.iterations=3'],
    'bicubic_celeba64_sr4': [],
    'pinv_celeba64_cs': [],
}


@pytest.fixture(scope='module')
def environment(tmp_path_factory):
    """Three photos and a generator, named by the two environment variables."""
    from mmgenprior.priors import BEGANGenerator

    folder = tmp_path_factory.mktemp('end_to_end')
    (folder / 'faces64').mkdir()
    random = np.random.default_rng(1)
    for key in 'abc':
        low = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(low).resize((64, 64), Image.BICUBIC).save(folder / 'faces64' / f'{key}.png')
    torch.manual_seed(0)
    torch.save(BEGANGenerator(64).state_dict(), folder / 'began_celeba64.pth')
    return os.environ | {'MGP_DATA_ROOT': str(folder), 'MGP_PRIOR_ROOT': str(folder)}


def run(words, environment, cwd):
    return subprocess.run(
        words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600
    )


def restore(config, work_dir, environment, options=()):
    words = [sys.executable, ROOT / 'tools' / 'test.py', ROOT / 'configs' / f'{config}.py']
    options = ['--cfg-options', *options] if options else []
    done = run([*words, '--work-dir', work_dir, *options], environment, work_dir.parent)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads((work_dir / 'metrics.json').read_text())


@pytest.mark.parametrize('config', METHODS)
def test_method(config, environment, tmp_path):
    metrics = restore(config, tmp_path / 'run', environment, METHODS[config])
    assert all(np.isfinite(v) for v in metrics.values())
    assert {'PSNR', 'SSIM', 'MSE'} <= set(metrics)
    with open(tmp_path / 'run' / 'per_image.csv') as file:
        rows = list(csv.DictReader(file))
    assert [row['key'] for row in rows] == ['a', 'b', 'c']
    mean = np.mean([float(row['PSNR']) for row in rows])
    assert metrics['PSNR'] == pytest.approx(mean, abs=1e-6)
    for key in 'abc':
        assert Image.open(tmp_path / 'run' / 'restored' / f'{key}.png').size == (64, 64)
    if config.startswith('iagan'):
        assert {'CSGM/PSNR', 'CSGM-BP/PSNR', 'IAGAN-BP/SSIM', 'DIP/PSNR'} <= set(metrics)


def test_one_batch_single_images_and_two_processes_agree_to_the_bit(environment, tmp_path):
    config = 'iagan_celeba64_sr4'
    options = [*SEARCH, 'model.stages.IAGAN.iterations=3', 'model.baselines=[]']
    whole = restore(config, tmp_path / 'whole', environment, options)
    single = restore(
        config, tmp_path / 'single', environment, [*options, 'test_dataloader.batch_size=1']
    )
    assert whole == single
    words = [
        'bash',
        ROOT / 'tools' / 'dist_test.sh',
        ROOT / 'configs' / f'{config}.py',
        'none',
        '2',
    ]
    path = f'{Path(sys.executable).parent}{os.pathsep}{environment["PATH"]}'
    done = run(
        [*words, '--work-dir', tmp_path / 'two', '--cfg-options', *options],
        environment | {'PATH': path},
        tmp_path,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert json.loads((tmp_path / 'two' / 'metrics.json').read_text()) == whole
    for key in 'abc':
        one, other = (
            (tmp_path / name / 'restored' / f'{key}.png').read_bytes() for name in ('whole', 'two')
        )
        assert one == other
