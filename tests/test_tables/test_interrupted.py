"""A table whose making was killed, or shared by two processes: the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from extras import with_ray

from .conftest import ROOT
from .test_tables import SAME

ENTRIES = 'runs/csgm_toyfaces_sr4/parts/rank0.jsonl'


def words_of(papers, out, *further):
    return [*map(str, ['tiny', '1', '--papers', papers, '--quick', 2, '--out', out]), *further]


def environment():
    env = {k: v for k, v in os.environ.items() if not k.startswith('MGP_')}
    paths = filter(None, [str(ROOT), env.get('PYTHONPATH')])  # extras lie in a folder, or not
    return env | {'PYTHONPATH': os.pathsep.join(paths), 'MGP_NUM_THREADS': '1'}


def run(*words, launcher=()):
    command = [sys.executable, *launcher, str(ROOT / 'tools' / 'tables.py'), *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=1200
    )


@pytest.fixture(scope='module')
def whole(papers, tmp_path_factory):
    out = tmp_path_factory.mktemp('whole')
    done = run(*words_of(papers, out))
    assert done.returncode == 0, done.stderr[-2000:]
    return out


def assert_same(out, whole):
    for name in SAME:
        new, old = (folder / 'tiny_1' / name for folder in (out, whole))
        assert new.read_bytes() == old.read_bytes(), name


@pytest.mark.slow
def test_killed_half_way_and_run_again_the_bytes_are_the_same(papers, whole, tmp_path):
    command = [sys.executable, str(ROOT / 'tools' / 'tables.py'), *words_of(papers, tmp_path)]
    entries = tmp_path / ENTRIES
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 900
        while not (entries.is_file() and entries.read_bytes().count(b'\n') == 1):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (tmp_path / 'tiny_1').exists()
    kept = entries.read_bytes().split(b'\n')[0]
    done = run(*words_of(papers, tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    assert entries.read_bytes().split(b'\n')[0] == kept
    assert_same(tmp_path, whole)


@pytest.mark.slow
def test_two_processes_make_the_same_table(papers, whole, tmp_path):
    launcher = ['-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', '2']
    done = run(*words_of(papers, tmp_path, '--launcher', 'pytorch'), launcher=launcher)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(list((tmp_path / ENTRIES).parent.glob('rank*.jsonl'))) == 2
    assert_same(tmp_path, whole)


@pytest.mark.slow
@with_ray
def test_workers_of_ray_make_the_same_table(papers, whole, tmp_path):
    done = run(*words_of(papers, tmp_path, '--launcher', 'ray', '--workers', '2'))
    assert done.returncode == 0, done.stderr[-2000:]
    assert_same(tmp_path, whole)
