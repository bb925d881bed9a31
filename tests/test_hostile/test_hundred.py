"""A folder of a hundred photographs, ten of which are bad, through the command."""

from __future__ import annotations

import csv
import json
import uuid

import cv2
import numpy as np
import pytest

from mmgenprior.cli.main import main
from mmgenprior.utils.errors import ExitCode

from .case import run_config
from .pictures import FILES

BAD = ('empty.png', 'text.png', 'cut.png', 'cut.jpg', 'bomb_header.png', 'float.tif')
BAD += ('garbage.png', 'program.png', 'cut.webp', 'large.tif')


def photo(path, seed):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)
    cv2.imwrite(str(path), cv2.resize(coarse, (64, 64), interpolation=cv2.INTER_CUBIC))


@pytest.fixture
def folder(tmp_path):
    photos = tmp_path / 'photos'
    photos.mkdir()
    for i in range(90):
        photo(photos / f'good{i}.png', i)
    for i, name in enumerate(BAD):
        (photos / f'bad{i}_{name}').write_bytes(FILES[name][0]())
    return tmp_path


def run(folder, *more, **dataset):
    """Status of a search of one step for each image."""
    config = run_config(folder / 'photos', size=64, **dataset)
    config['model'] = dict(
        type='CSGM',
        prior=dict(type='zoo', name='dcgan_toyfaces'),
        stages=dict(CSGM=dict(iterations=1, latent_lr=0.1)),
    )
    # Loggers live by name: two runs within a second would share one.
    config['experiment_name'] = uuid.uuid4().hex
    (folder / 'run.json').write_text(json.dumps(config))
    return main(['test', str(folder / 'run.json'), '--work-dir', str(folder / 'work'), *more])


def listed(folder):
    with open(folder / 'work' / 'errors.csv', newline='') as file:
        return {row['key']: row for row in csv.DictReader(file)}


def test_ninety_are_restored_and_ten_are_listed(folder, capfd):
    assert run(folder) == ExitCode.ERROR
    err = capfd.readouterr().err
    assert err.count('\n') == 11 and not (folder / 'work').exists()
    assert '10 of 100 images cannot be restored' in err.splitlines()[-1]

    assert run(folder, '--on-error', 'skip') == ExitCode.PARTIAL
    out, err = capfd.readouterr()
    *lines, last = err.splitlines()
    assert '10 of 100 images failed' in last and 'Traceback' not in out + err
    failed = listed(folder)
    assert len(failed) == 10
    for i, name in enumerate(BAD):
        (row,) = (row for key, row in failed.items() if key.startswith(f'bad{i}_'))
        assert FILES[name][1] in row['error'] and row['file'].endswith(f'bad{i}_{name}')
        assert any(row['error'] in line for line in lines)
    metrics = json.loads((folder / 'work' / 'metrics.json').read_text())
    assert metrics['images'] == 90 and metrics['failed_images'] == 10 and metrics['PSNR'] > 0
    restored = sorted((folder / 'work' / 'restored').iterdir())
    assert len(restored) == 90 and all(path.stem.startswith('good') for path in restored)
    with open(folder / 'work' / 'per_image.csv') as file:
        assert len(file.readlines()) == 91

    # Mended ones are restored by the same command, and nothing else.
    stamps = {path: path.stat().st_mtime_ns for path in restored}
    photo(folder / 'photos' / 'bad0_empty.png', 100)
    assert run(folder, '--on-error', 'skip') == ExitCode.PARTIAL
    assert '90 of 100 images are done' in capfd.readouterr().out
    assert len(listed(folder)) == 9
    assert {path: path.stat().st_mtime_ns for path in restored} == stamps
    assert main(['merge', str(folder / 'work')]) == ExitCode.OK
    assert '91 of 100 images are done, 9 failed (errors.csv).' in capfd.readouterr().out
    assert json.loads((folder / 'work' / 'metrics.json').read_text())['failed_images'] == 9

    for path in (folder / 'photos').glob('bad[1-9]_*'):
        path.unlink()
    assert run(folder) == ExitCode.OK
    assert not (folder / 'work' / 'errors.csv').exists()
    assert 'failed_images' not in json.loads((folder / 'work' / 'metrics.json').read_text())


def test_what_shows_late_is_listed_too(folder, capfd, monkeypatch):
    """A file that is harmed behind the check, in whatever batch."""
    from mmgenprior.engine.hooks import report_hook

    check = report_hook.check_inputs

    def check_then_harm(*args, **options):
        found = check(*args, **options)
        for i in (3, 50, 51):
            (folder / 'photos' / f'good{i}.png').write_bytes(b'gone')
        return found

    monkeypatch.setattr(report_hook, 'check_inputs', check_then_harm)
    assert run(folder, '--on-error', 'skip') == ExitCode.PARTIAL
    failed = listed(folder)
    assert len(failed) == 13 and {'good3', 'good50', 'good51'} < set(failed)
    assert len(list((folder / 'work' / 'restored').iterdir())) == 87


def test_none_is_left(folder, capfd):
    for path in (folder / 'photos').glob('good*'):
        path.unlink()
    assert run(folder, '--on-error', 'skip') == ExitCode.ERROR
    err = capfd.readouterr().err
    assert '10 of 10 images failed, none was restored' in err.splitlines()[-1]
    assert len(listed(folder)) == 10
