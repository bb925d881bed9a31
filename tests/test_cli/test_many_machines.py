"""The commands of docs/many_machines.md, by loopback: Slurm is played, the processes are real."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

# isort: split
from soaking.forks import ForkServer, free_port
from soaking.runs import quick_task

PAGE = (ROOT / 'docs' / 'many_machines.md').read_text()
TASK = quick_task(images=4, iterations=2)
# Runs each task of the array, or each process of the step, as Slurm would on its nodes.
_SBATCH = """#!{python}
import os, subprocess, sys
words = dict(w.partition('=')[::2] for w in sys.argv[1:] if w.startswith('--'))
first, last = map(int, words['--array'].split('-'))
assert '--requeue' in words and words['--open-mode'] == 'append'
tasks = []
for task in range(first, last + 1):
    told = dict(ID=task, COUNT=last - first + 1, MIN=first, MAX=last)
    environ = os.environ | {{f'SLURM_ARRAY_TASK_{{name}}': str(n) for name, n in told.items()}}
    tasks.append(subprocess.Popen(['bash', '-c', words['--wrap']], env=environ))
sys.exit(max(task.wait() for task in tasks))
"""
_SRUN = """#!{python}
import os, subprocess, sys
words = [w for w in sys.argv[1:] if w.startswith('--')]
count = int(next(w for w in words if w.startswith('--ntasks=')).partition('=')[2])
assert '--kill-on-bad-exit=1' in words
command = sys.argv[sys.argv.index({python!r}):]
base = dict(SLURM_NTASKS=str(count), SLURM_NODELIST='node[0-1]', MASTER_PORT='{port}')
tasks = [
    subprocess.Popen(
        command, env=os.environ | base | dict(SLURM_PROCID=str(i), SLURM_LOCALID='0')
    )
    for i in range(count)
]
sys.exit(max(task.wait() for task in tasks))
"""
_SCONTROL = """#!/bin/sh
echo 127.0.0.1
"""


def lines(script):
    """Commands of the page that use a script of tools/."""
    blocks = re.findall(r'^```sh\n(.*?)^```', PAGE, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if script in line]


@pytest.fixture
def slurm(tmp_path):
    """An environment whose Slurm runs everything here."""
    folder = tmp_path / 'bin'
    folder.mkdir()
    for name, text in dict(sbatch=_SBATCH, srun=_SRUN, scontrol=_SCONTROL).items():
        text = text.format(python=sys.executable, port=free_port()) if name[1] != 'c' else text
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    environment = ForkServer().environment
    return environment | dict(
        PATH=f'{folder}{os.pathsep}{environment["PATH"]}', PYTHON=sys.executable
    )


def start(line, work_dir, environment, **changes):
    """A command of the page, with a work dir and settings that keep it short."""
    words = shlex.split(line)
    while '=' in words[0]:
        name, _, value = words.pop(0).partition('=')
        environment = environment | {name: value}
    words = [str(ROOT / w) if w.startswith(('tools/', 'configs/')) else w for w in words]
    words += ['--work-dir', str(work_dir), '--cfg-options', *TASK.settings]
    words += [f'test_dataloader.dataset.length={TASK.images}']
    return subprocess.Popen(
        words,
        env=environment | changes,
        cwd=work_dir.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(*processes):
    said = [process.communicate(timeout=900)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), said
    return said


def test_every_launch_of_the_page_is_tried():
    assert len(lines('dist_test.sh')) == 2
    assert len(lines('slurm_test.sh')) == len(lines('slurm_array.sh')) == 1
    assert len(lines('ray start')) == 2 and len(lines('--launcher ray')) == 2


@pytest.mark.slow
def test_two_nodes_slurm_and_an_array_leave_the_same_bytes(slurm, tmp_path):
    port = str(free_port())
    nodes = [
        start(line, tmp_path / 'nodes', slurm, MASTER_ADDR='127.0.0.1', PORT=port)
        for line in lines('dist_test.sh')
    ]
    finish(*nodes)
    whole = TASK.contents(tmp_path / 'nodes')
    for script in ('slurm_test.sh', 'slurm_array.sh'):
        (line,) = lines(script)
        finish(start(line, tmp_path / script, slurm))
        assert TASK.contents(tmp_path / script) == whole
        assert len(list((tmp_path / script).glob('parts/rank*.jsonl'))) == 2


def test_the_array_script_asks_for_what_it_needs(tmp_path):
    """sbatch is replaced by what prints its words."""
    (tmp_path / 'sbatch').write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / 'sbatch').chmod(0o755)

    def asked(*words, **environ):
        env = dict(PATH=f'{tmp_path}{os.pathsep}{os.environ["PATH"]}', PYTHON='py', **environ)
        tool = ROOT / 'tools' / 'slurm_array.sh'
        return subprocess.run(['bash', str(tool), *words], env=env, capture_output=True, text=True)

    done = asked(
        'part', 'job', '8', 'c.py', 'w.pth', '--work-dir', 'a b', SBATCH_ARGS='--time=1 -x'
    )
    words = done.stdout.splitlines()
    assert {'--array=0-7', '--requeue', '--gres=gpu:1', '--job-name=job', '-x'} <= set(words)
    wrapped = shlex.split(words[-1].removeprefix('--wrap='))
    assert wrapped[:3] == ['exec', 'py', '-u'] and Path(wrapped[3]).name == 'test.py'
    assert wrapped[4:] == ['c.py', 'w.pth', '--share', '--work-dir', 'a b']
    assert not any('gres' in w for w in asked('p', 'j', '1', 'c', GPUS_PER_TASK='0').stdout.split())
    for bad in (['p', 'j', '0', 'c'], ['p', 'j', 'x', 'c'], ['p', 'j', '2']):
        assert asked(*bad).returncode and 'usage: slurm_array.sh' in asked(*bad).stderr
