"""Runs that are killed, stopped, met by another, merged: through the real command."""

from __future__ import annotations

import json
import os
import random
import select
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmgenprior.utils.errors import ExitCode

from .conftest import ROOT, command

pytestmark = pytest.mark.slow
CONFIG = 'csgm_toyfaces_sr4'
IMAGES = 6
KEYS = [f'test-{i:06d}' for i in range(IMAGES)]
COMPARED = ['metrics.json', 'per_image.csv', 'sheet.png']
COMPARED += [f'{folder}/{key}.png' for folder in ('restored', 'pictures') for key in KEYS]
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith('MGP_')} | {
    'PYTHONPATH': str(ROOT),
    'OMP_NUM_THREADS': '1',
    'PATH': f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}',
}


def words(work_dir, *more, iterations=40, images=IMAGES):
    """The arguments of a run that takes a second or so for each of a few faces."""
    settings = [
        f'model.stages.CSGM.iterations={iterations}',
        f'test_dataloader.dataset.length={images}',
    ]
    return [CONFIG, '--work-dir', str(work_dir), *more, '--cfg-options', *settings]


# Imports everything once; then every line on stdin is a command that a fork of it runs.
_SERVER = """
import json, os, signal, sys, threading, torch
# A shell's background job ignores it, and so would all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
torch.set_num_threads(1)
import mmgenprior.components
from mmgenprior.cli.main import main

def report(child):
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps([child, status]), flush=True)

for line in sys.stdin:
    words, cwd, out, err = json.loads(line)
    child = os.fork()
    if child:
        print(json.dumps([child, None]), flush=True)
        threading.Thread(target=report, args=(child,), daemon=True).start()
        continue
    os.chdir(cwd)
    for number, name in ((1, out), (2, err)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.argv = ['mmgenprior', *words]
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
"""


class Server:
    """Runs commands in forks of a process that has imported everything."""

    def __init__(self, process):
        self.process = process
        self.statuses = {}

    def start(self, words, cwd, name):
        """Process number of a command that is under way."""
        order = [words, str(cwd), str(cwd / f'{name}out'), str(cwd / f'{name}err')]
        self.process.stdin.write(json.dumps(order).encode() + b'\n')
        self.process.stdin.flush()
        while True:
            child, status = self._read()
            if status is None:
                return child

    def status(self, child):
        """Exit status, None until it has ended."""
        while select.select([self.process.stdout], [], [], 0)[0]:
            self._read()
        return self.statuses[child]

    def _read(self):
        child, status = json.loads(self.process.stdout.readline())
        self.statuses[child] = status
        return child, status


class Command:
    """``mmgenprior test`` in a process of its own, which can be killed at any moment."""

    def __init__(self, server, words, cwd, name='std'):
        self.server = server
        self.pid = server.start(['test', *words], cwd, name)

    def poll(self):
        """The status if it has ended."""
        return self.server.status(self.pid)

    def wait(self, timeout=600):
        until = time.monotonic() + timeout
        while self.poll() is None:
            assert time.monotonic() < until, 'it does not end'
            time.sleep(0.01)
        return self.poll()

    def send_signal(self, number):
        os.kill(self.pid, number)


@pytest.fixture(scope='module')
def server():
    """Importing everything takes longer than a run."""
    with subprocess.Popen(
        [sys.executable, '-c', _SERVER],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,  # what select() does not see must not wait in a buffer
    ) as process:
        yield Server(process)
        process.stdin.close()


def wait_until(condition, process, seconds=300):
    """Wait for a condition while the process lives; whether it came true."""
    until = time.monotonic() + seconds
    while not condition() and process.poll() is None:
        assert time.monotonic() < until, 'nothing happened'
        time.sleep(0.02)
    return condition()


def lines(work_dir):
    return sum(len(p.read_bytes().splitlines()) for p in work_dir.glob('parts/rank*.jsonl'))


def contents(work_dir):
    return {name: (work_dir / name).read_bytes() for name in COMPARED}


@pytest.fixture(scope='module')
def whole(tmp_path_factory, server):
    """What an undisturbed run leaves."""
    work_dir = tmp_path_factory.mktemp('whole') / 'run'
    process = Command(server, words(work_dir), work_dir.parent)
    assert process.wait() == 0, (work_dir.parent / 'stderr').read_text()
    assert '0 of 6 images are done.' in (work_dir.parent / 'stdout').read_text()
    (log,) = work_dir.glob('2*/*.log')
    assert [f'{key} is done' in log.read_text() for key in KEYS] == [True] * IMAGES
    return contents(work_dir)


def test_kills_at_random_moments_change_no_byte(whole, tmp_path, server):
    work_dir, chance = tmp_path / 'run', random.Random(0)
    owner, before, kills = work_dir / '.owner.json', 0, 0
    for _ in range(8):
        process = Command(server, words(work_dir), tmp_path)

        def at_work(process=process):
            return owner.is_file() and str(process.pid) in owner.read_text()

        if wait_until(at_work, process):
            time.sleep(chance.uniform(0, 1.5))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
        assert lines(work_dir) >= before
        before = lines(work_dir)
    process = Command(server, words(work_dir), tmp_path)
    assert process.wait() == 0, (tmp_path / 'stderr').read_text()
    assert contents(work_dir) == whole
    # No finished image was made again, but by a kill between its file and its line.
    assert kills and lines(work_dir) <= IMAGES + kills


def test_stopped_met_and_merged(tmp_path, server):
    work_dir = tmp_path / 'run'
    process = Command(server, words(work_dir, iterations=600), tmp_path)
    assert wait_until(lambda: lines(work_dir) >= 1, process)
    second = Command(server, words(work_dir, iterations=600), tmp_path, 'second_')
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

    process = Command(server, words(work_dir, iterations=600), tmp_path)
    assert wait_until(lambda: lines(work_dir) > done, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == ExitCode.TERMINATED
    assert 'Stopped: ' in (tmp_path / 'stderr').read_text()
    # As many as were done when it was merged: nothing is left to do, and the numbers are those.
    process = Command(server, words(work_dir, iterations=600, images=done), tmp_path)
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
    assert process.wait(timeout=120) != 0
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
