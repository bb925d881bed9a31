"""Runs that are killed, stopped, met by another, merged: through the real command."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess

import pytest

from mmgenprior.utils.errors import ExitCode

from .conftest import ROOT, command

# isort: split
from soaking import forks
from soaking.forks import ForkServer

pytestmark = pytest.mark.slow
CONFIG = 'csgm_toyfaces_sr4'
IMAGES = 6
KEYS = [f'test-{i:06d}' for i in range(IMAGES)]
COMPARED = ['metrics.json', 'per_image.csv', 'sheet.png']
COMPARED += [f'{folder}/{key}.png' for folder in ('restored', 'pictures') for key in KEYS]
ENVIRONMENT = ForkServer().environment


def words(work_dir, *more, iterations=40, images=IMAGES):
    """The arguments of a run that takes a second or so for each of a few faces."""
    settings = [
        f'model.stages.CSGM.iterations={iterations}',
        f'test_dataloader.dataset.length={images}',
    ]
    return [CONFIG, '--work-dir', str(work_dir), *more, '--cfg-options', *settings]


@pytest.fixture(scope='module')
def server():
    """Importing everything takes longer than a run."""
    with ForkServer() as server:
        yield server


def wait_until(condition, process, seconds=300):
    """Wait for a condition while the process lives; whether it came true."""
    assert forks.wait_until(lambda: condition() or process.poll() is not None, seconds)
    return condition()


def lines(work_dir):
    return sum(len(p.read_bytes().splitlines()) for p in work_dir.glob('parts/rank*.jsonl'))


def contents(work_dir):
    return {name: (work_dir / name).read_bytes() for name in COMPARED}


@pytest.fixture(scope='module')
def whole(tmp_path_factory, server):
    """What an undisturbed run leaves."""
    work_dir = tmp_path_factory.mktemp('whole') / 'run'
    process = server.start(['test', *words(work_dir)], work_dir.parent)
    assert process.wait() == 0, (work_dir.parent / 'stderr').read_text()
    assert '0 of 6 images are done.' in (work_dir.parent / 'stdout').read_text()
    (log,) = work_dir.glob('2*/*.log')
    assert [f'{key} is done' in log.read_text() for key in KEYS] == [True] * IMAGES
    return contents(work_dir)


def test_stopped_met_and_merged(tmp_path, server):
    work_dir = tmp_path / 'run'
    process = server.start(['test', *words(work_dir, iterations=600)], tmp_path)
    assert wait_until(lambda: lines(work_dir) >= 1, process)
    second = server.start(['test', *words(work_dir, iterations=600)], tmp_path, 'second_')
    assert second.wait() == ExitCode.ERROR
    said = (tmp_path / 'second_err').read_text().splitlines()[-1]
    assert f"another run is at work in '{work_dir}' (process {process.pid} on" in said
    assert process.poll() is None, 'the first run was too short'
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == ExitCode.INTERRUPTED
    said = (tmp_path / 'stderr').read_text()
    assert 'Traceback' not in said
    done = lines(work_dir)
    last = said.splitlines()[-1]
    are = 'is' if done == 1 else 'are'
    assert last.startswith(f'Stopped: {done} of 6 images {are} done; to go on, give the same')
    expected = ['mmgenprior', 'test', *words(work_dir, iterations=600)]
    assert shlex.split(last.partition('again: ')[2]) == expected
    assert not (work_dir / 'metrics.json').exists()

    merged = command('merge', work_dir, cwd=tmp_path)
    assert merged.returncode == 0 and 'the run is unfinished' in merged.stdout
    few = json.loads((work_dir / 'metrics.json').read_text())
    with open(work_dir / 'per_image.csv') as file:
        assert len(file.readlines()) == 1 + done

    process = server.start(['test', *words(work_dir, iterations=600)], tmp_path)
    assert wait_until(lambda: lines(work_dir) > done, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == ExitCode.TERMINATED
    assert 'Stopped: ' in (tmp_path / 'stderr').read_text()
    # As many as were done when it was merged: nothing is left to do, and the numbers are those.
    process = server.start(['test', *words(work_dir, iterations=600, images=done)], tmp_path)
    assert process.wait(timeout=600) == 0
    assert f'{done} of {done} image' in (tmp_path / 'stdout').read_text()
    assert json.loads((work_dir / 'metrics.json').read_text()) == few

    refused = command('test', *words(work_dir, iterations=2), cwd=tmp_path)
    assert refused.returncode == ExitCode.USAGE
    assert 'model.stages.CSGM.iterations differs' in refused.stderr.splitlines()[-1]
    fresh = command('test', *words(work_dir, '--fresh', iterations=2, images=1), cwd=tmp_path)
    assert fresh.returncode == 0, fresh.stderr
    assert json.loads((work_dir / 'old' / '1' / 'metrics.json').read_text()) == few
    assert sorted(p.stem for p in (work_dir / 'restored').iterdir()) == KEYS[:1]


@pytest.mark.parametrize('numbers', [(2, 1), (1, 2)])
def test_another_number_of_processes_goes_on(numbers, whole, tmp_path):
    work_dir = tmp_path / 'run'

    def start(processes):
        tool = ['bash', str(ROOT / 'tools' / 'dist_test.sh')]
        config, *rest = words(work_dir)
        config = str(ROOT / 'configs' / f'{config}.py')
        with open(tmp_path / 'stdout', 'w') as out, open(tmp_path / 'stderr', 'w') as err:
            command = [*tool, config, 'none', str(processes), *rest]
            return subprocess.Popen(command, env=ENVIRONMENT, stdout=out, stderr=err)

    process = start(numbers[0])
    assert wait_until(lambda: lines(work_dir) >= 2, process)
    os.kill(json.loads((work_dir / '.owner.json').read_text())['process'], signal.SIGKILL)
    assert process.wait(timeout=120) == 128 + signal.SIGKILL
    said = (tmp_path / 'stderr').read_text()
    assert said.splitlines()[-1].startswith('error: process ') and 'SIGKILL' in said
    assert 'Traceback' not in said and 'torch.distributed' not in said
    assert not (work_dir / 'metrics.json').exists()
    process = start(numbers[1])
    assert process.wait(timeout=600) == 0, (tmp_path / 'stderr').read_text()[-3000:]
    assert contents(work_dir) == whole
    assert len(list(work_dir.glob('parts/rank*.jsonl'))) == 2


def test_merge_says_what_it_cannot_read(tmp_path):
    done = command('merge', tmp_path / 'no', cwd=tmp_path)
    assert done.returncode == 1 and done.stderr.startswith('error: WORK_DIR: there is no folder')
    done = command('merge', tmp_path, cwd=tmp_path)
    assert done.returncode == 1 and 'has no ledger' in done.stderr
    assert done.stderr.count('\n') == 1
