"""Threads and places of processes, and the scripts that start them."""

from __future__ import annotations

import os
import subprocess

import pytest

from mmgenprior.cli.launch import free_threads, process_variables
from mmgenprior.utils.errors import UserError

from .conftest import ROOT


def test_threads_do_not_depend_on_the_number_of_processes():
    started = dict(TORCHELASTIC_RUN_ID='1', OMP_NUM_THREADS='1')
    free_threads(started)
    assert 'OMP_NUM_THREADS' not in started
    alone = dict(OMP_NUM_THREADS='1')
    free_threads(alone)
    assert alone == dict(OMP_NUM_THREADS='1')
    wanted = dict(TORCHELASTIC_RUN_ID='1', OMP_NUM_THREADS='1', MGP_NUM_THREADS='3')
    free_threads(wanted)
    assert wanted['OMP_NUM_THREADS'] == wanted['MKL_NUM_THREADS'] == '3'
    with pytest.raises(UserError, match='MGP_NUM_THREADS'):
        free_threads(dict(MGP_NUM_THREADS='many'))


def test_a_process_knows_its_place():
    environ = dict(SLURM_PROCID='3', SLURM_NTASKS='4', SLURM_LOCALID='1', MASTER_ADDR='node1')
    process_variables('slurm', environ)
    assert (environ['RANK'], environ['WORLD_SIZE'], environ['LOCAL_RANK']) == ('3', '4', '1')
    assert environ['MASTER_ADDR'] == 'node1' and environ['MASTER_PORT'] == '29500'
    for launcher in ('pytorch', 'slurm', 'mpi'):
        with pytest.raises(UserError, match=f'--launcher {launcher}: .* is not set'):
            process_variables(launcher, {})


@pytest.mark.parametrize('script', ['dist_test.sh', 'dist_train.sh', 'slurm_test.sh'])
def test_launch_scripts_say_how_to_call_them(script):
    done = subprocess.run(
        ['bash', str(ROOT / 'tools' / script), 'config.py'], capture_output=True, text=True
    )
    assert done.returncode != 0 and f'usage: {script}' in done.stderr


def test_dist_test_passes_its_arguments_on(tmp_path):
    """The launcher is replaced by echo: what reaches it is looked at, not run."""
    echo = tmp_path / 'python'
    echo.write_text('#!/bin/sh\necho "$MGP_NUM_THREADS $@"\n')
    echo.chmod(0o755)

    def launched(*args, **environ):
        env = dict(PATH=os.environ['PATH'], PYTHON=str(echo), **environ)
        command = ['bash', str(ROOT / 'tools' / 'dist_test.sh'), *args]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout

    out = launched('c.py', '2', '--work-dir', 'a b')
    assert '--standalone --nproc_per_node=2' in out
    assert out.strip().endswith('test.py c.py none --launcher pytorch --work-dir a b')
    out = launched('c.py', 'w.pth', '4', PORT='1234', OMP_NUM_THREADS='5')
    assert '--master_port=1234' in out and '--nproc_per_node=4' in out
    assert out.startswith('5 ') and ' c.py w.pth --launcher pytorch' in out
