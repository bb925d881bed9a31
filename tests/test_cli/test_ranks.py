"""Processes of a launch that fail: one line, through the real agent of torchrun."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mmgenprior.cli.explain import explain
from mmgenprior.cli.ranks import LOST_OTHERS, TOLD_BY_LAUNCHER, leave_to_launcher

from .conftest import ROOT

# isort: split
from soaking.forks import wait_until

_SCRIPT = """
import argparse, os, signal, sys, time
from pathlib import Path
from mmgenprior.cli.launch import die_with_launcher
from mmgenprior.cli.run import run
from mmgenprior.utils.errors import ConfigError, UserError

def work(args):
    how, rank = sys.argv[1], os.environ['RANK']
    if how == 'all':
        raise ConfigError("there is no picture 'a.png'")
    if how == 'forever':
        die_with_launcher()
        Path(sys.argv[2], rank).write_text(str(os.getpid()))
        time.sleep(600)
    if rank == '0':
        time.sleep(600)
    if how == 'error':
        raise UserError("'b.png' is broken")
    if how == 'lost':
        os.kill(os.getppid(), 0)
        raise RuntimeError('[../gloo/transport/tcp/pair.cc] Connection closed by peer')
    if how == 'bug':
        raise KeyError('x')
    os.kill(os.getpid(), signal.SIGKILL)

sys.exit(run(work, argparse.Namespace(debug=False)))
"""


def launch(tmp_path, *words):
    script = tmp_path / 'script.py'
    script.write_text(_SCRIPT)
    command = [sys.executable, str(ROOT / 'tools' / '_ranks.py'), '--standalone']
    return subprocess.Popen(
        [*command, '--nproc_per_node=2', str(script), *words],
        env=os.environ | {'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ('how', 'status', 'line'),
    [
        ('all', 2, "error: there is no picture 'a.png'"),
        ('error', 1, "error: 'b.png' is broken"),
        ('lost', 1, f'error: {LOST_OTHERS}'),
        ('kill', 128 + signal.SIGKILL, '(rank 1) was ended by SIGKILL; what is finished is kept'),
    ],
)
def test_a_failure_is_one_line(how, status, line, tmp_path):
    process = launch(tmp_path, how)
    _, said = process.communicate(timeout=300)
    assert process.returncode == status
    assert line in said and said.count('\n') == 1


@pytest.mark.slow
def test_a_bug_keeps_its_traceback(tmp_path):
    process = launch(tmp_path, 'bug')
    _, said = process.communicate(timeout=300)
    assert process.returncode == 1 and "KeyError: 'x'" in said
    assert said.splitlines()[-1].startswith('error: process ') and 'status 1' in said
    assert 'torch/distributed' not in said


@pytest.mark.slow
@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_its_launcher(number, tmp_path):
    process = launch(tmp_path, 'forever', str(tmp_path))
    files = [tmp_path / '0', tmp_path / '1']
    assert wait_until(lambda: all(f.is_file() and f.read_text() for f in files), 300)
    ranks = [int(file.read_text()) for file in files]
    process.send_signal(number)
    _, said = process.communicate(timeout=120)
    assert wait_until(lambda: not any(Path(f'/proc/{rank}').exists() for rank in ranks), 60)
    if number == signal.SIGTERM:
        assert process.returncode == 128 + number and 'Traceback' not in said


def test_a_process_leaves_its_line_to_a_launcher_alone(tmp_path):
    file = tmp_path / 'error.json'
    assert not leave_to_launcher('x', 2, {})
    assert not leave_to_launcher('x', 2, {'TORCHELASTIC_ERROR_FILE': str(file)})
    told = {'TORCHELASTIC_ERROR_FILE': str(file), TOLD_BY_LAUNCHER: '1'}
    assert leave_to_launcher('what', 2, told)
    assert json.loads(file.read_text())['message']['message'] == 'what'
    assert not leave_to_launcher('x', 2, told | {'TORCHELASTIC_ERROR_FILE': str(tmp_path / 'no/x')})


def test_lost_connections_are_explained_among_several_alone(monkeypatch):
    lost = RuntimeError('[c10d] recvValue failed: Connection reset by peer')
    monkeypatch.delenv('WORLD_SIZE', raising=False)
    assert explain(lost) is None
    monkeypatch.setenv('WORLD_SIZE', '2')
    assert explain(lost).startswith(LOST_OTHERS)
    assert explain(RuntimeError('shapes do not fit')) is None
