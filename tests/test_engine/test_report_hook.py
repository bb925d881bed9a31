from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config

from mmgenprior.utils.errors import UserError

from .conftest import SR4, make_config, run, write_photos


def read(path: Path) -> np.ndarray:
    image = cv2.imread(str(path))
    assert image is not None, path
    return image


def test_a_run_leaves_numbers_pictures_and_settings(photos, tmp_path, capsys):
    out = tmp_path / 'out'
    returned = run(make_config(photos, out, save_variants=True))
    metrics = json.loads((out / 'metrics.json').read_text())
    assert metrics == returned
    assert list(metrics)[:3] == ['PSNR', 'SSIM', 'Consistency']
    assert metrics['PSNR'] == metrics['bicubic/PSNR']
    assert {'zero-filled/PSNR', 'zero-filled/SSIM'} <= set(metrics)

    with open(out / 'per_image.csv') as file:
        rows = list(csv.DictReader(file))
    assert [row['key'] for row in rows] == ['a', 'b', 'c10', 'c9', 'sub/a']
    with open(out / 'seconds.csv') as file:
        assert all(float(row['seconds']) > 0 for row in csv.DictReader(file))
    assert np.mean([float(row['PSNR']) for row in rows]) == pytest.approx(metrics['PSNR'])
    for key in ('a', 'sub/a'):
        restored = read(out / 'restored' / f'{key}.png')
        truth = read(photos / f'{key}.png')
        row = next(r for r in rows if r['key'] == key)
        mse = np.square(restored.astype(float) - truth).mean()
        # The file is rounded to 8 bits, the metric is not.
        assert 10 * np.log10(255**2 / mse) == pytest.approx(float(row['PSNR']), abs=0.05)
        assert read(out / 'variants' / 'zero-filled' / f'{key}.png').shape == truth.shape
    picture = read(out / 'pictures' / 'a.png')
    assert picture.shape[1] > 4 * 256  # measurement, two variants, ground truth
    assert read(out / 'sheet.png').shape[0] > 5 * 256
    assert Config.fromfile(out / 'config.py').model.type == 'Bicubic'
    assert not list(out.rglob('*.tmp'))

    printed = capsys.readouterr().out
    assert 'bicubic' in printed
    assert 'zero-filled' in printed
    assert str(out / 'pictures') in printed


def test_batch_size_changes_no_digit(photos, tmp_path):
    results = [
        run(make_config(photos, tmp_path / f'out{size}', batch_size=size)) for size in (1, 3)
    ]
    assert results[0] == results[1]
    first, second = ((tmp_path / f'out{s}' / 'per_image.csv').read_bytes() for s in (1, 3))
    assert first == second


def test_measured_files_need_no_ground_truth(tmp_path, capsys):
    write_photos(tmp_path / 'small', ['x', 'y'], size=8)
    out = tmp_path / 'out'
    metrics = run(make_config(tmp_path / 'small', out, degradation=SR4, measured=True))
    assert set(metrics) == {'Consistency', 'bicubic/Consistency', 'zero-filled/Consistency'}
    assert read(out / 'restored' / 'x.png').shape == (32, 32, 3)
    with open(out / 'per_image.csv') as file:
        assert set(next(csv.DictReader(file))) == {'key', *metrics}
    assert 'have no ground truth: PSNR, SSIM are left out' in capsys.readouterr().out


def test_different_sizes_in_one_batch(tmp_path):
    write_photos(tmp_path / 'photos', ['a'], size=32)
    write_photos(tmp_path / 'photos', ['b'], size=24)
    run(make_config(tmp_path / 'photos', tmp_path / 'out'))
    assert read(tmp_path / 'out/restored/a.png').shape == (32, 32, 3)
    assert read(tmp_path / 'out/restored/b.png').shape == (24, 24, 3)


def test_what_cannot_be_written_is_named(photos, tmp_path):
    out = tmp_path / 'out'
    out.mkdir()
    (out / 'restored').write_text('a file where a folder must be')
    with pytest.raises(UserError, match=r'Cannot write .*restored'):
        run(make_config(photos, out))


def test_stock_evaluator_is_refused(photos, tmp_path):
    config = make_config(photos, tmp_path / 'out')
    config['test_cfg'] = dict(type='MultiTestLoop')
    config['test_evaluator'] = dict(type='Evaluator', metrics=[dict(type='PSNR')])
    with pytest.raises(TypeError, match='RestorationEvaluator'):
        run(config)


def test_mmagics_own_loop_and_sampler_serve_too(photos, tmp_path):
    expected = run(make_config(photos, tmp_path / 'ours'))
    config = make_config(photos, tmp_path / 'theirs')
    config['test_cfg'] = dict(type='MultiTestLoop')
    config['test_dataloader']['sampler'] = dict(type='DefaultSampler', shuffle=False)
    assert run(config) is None
    assert json.loads((tmp_path / 'theirs' / 'metrics.json').read_text()) == expected


_WORKER = """
import sys
import torch.distributed
from test_engine.conftest import make_config, run
data, out, store, rank, world = sys.argv[1:]
torch.distributed.init_process_group(
    'gloo', init_method='file://' + store, rank=int(rank), world_size=int(world))
for sampler in (dict(type='RestorationSampler'), dict(type='DefaultSampler', shuffle=False)):
    config = make_config(data, out + '/' + sampler['type'])
    config['test_dataloader']['sampler'] = sampler
    run(config)
# Left open, gloo's threads may abort the interpreter as it ends.
torch.distributed.destroy_process_group()
"""


@pytest.mark.slow
def test_two_processes_give_the_files_of_one(photos, tmp_path):
    run(make_config(photos, tmp_path / 'one'))
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), str(root / 'tests')])
    environment = {**os.environ, 'PYTHONPATH': paths, 'OMP_NUM_THREADS': '1'}
    arguments = [photos, tmp_path / 'two', tmp_path / 'store']
    processes = [
        subprocess.Popen(
            [sys.executable, '-c', _WORKER, *arguments, str(rank), '2'],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    assert [p.returncode for p in processes] == [0, 0], '\n'.join(outputs)
    # DefaultSampler repeats one of the five samples, ours repeats none.
    for sampler, lines in (('RestorationSampler', 5), ('DefaultSampler', 6)):
        two = tmp_path / 'two' / sampler
        for name in ('metrics.json', 'per_image.csv', 'sheet.png', 'restored/sub/a.png'):
            assert (tmp_path / 'one' / name).read_bytes() == (two / name).read_bytes(), name
        parts = [f.read_text().splitlines() for f in (two / 'parts').glob('rank*.jsonl')]
        assert len(parts) == 2
        assert sum(map(len, parts)) == lines
    assert [o.count('Restored images') for o in outputs] == [2, 0]
