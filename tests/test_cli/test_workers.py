"""``--launcher ray`` and ``--share``: what they refuse, and what workers of Ray leave."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from extras import with_ray

from .conftest import ROOT, tool

# isort: split
from soaking.forks import ForkServer, wait_until
from soaking.runs import entered, quick_task

CONFIG = 'configs/csgm_toyfaces_sr4.py'
TASK = quick_task(images=4, iterations=2)


def test_without_ray_one_line_names_the_extra(tmp_path):
    """Of a Python that has none: its import is blocked."""
    (tmp_path / 'sitecustomize.py').write_text(
        'import sys, importlib.util\n'
        'find = importlib.util.find_spec\n'
        'importlib.util.find_spec = lambda n, *a: None if n == "ray" else find(n, *a)\n'
    )
    paths = f'{tmp_path}{os.pathsep}{os.environ.get("PYTHONPATH", "")}'
    status, _, err, took = tool('test.py', CONFIG, '--launcher', 'ray', PYTHONPATH=paths)
    assert status == 2 and took < 2
    assert "pip install 'mmgenprior[ray]'" in err.splitlines()[-1]


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['--workers', '2'], '--workers is of --launcher ray'),
        (['--address', 'x:1', '--launcher', 'pytorch'], '--address is of --launcher ray'),
        (['--workers', '0'], '0 must be 1 or more'),
        (['--share', '--fresh'], '--share with --fresh'),
        (['--share', '--launcher', 'pytorch'], '--share is for processes of their own'),
    ],
)
def test_what_does_not_go_together_is_said_at_once(words, said):
    status, _, err, took = tool('test.py', CONFIG, *words)
    assert status == 2 and took < 2 and said in err.splitlines()[-1]


@pytest.fixture(scope='module')
def server():
    with ForkServer() as server:
        yield server


@pytest.fixture(scope='module')
def whole(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp('whole')
    command = server.start(TASK.words(folder / 'run'), folder)
    assert command.wait() == 0, command.err.read_text()
    return TASK.contents(folder / 'run')


@with_ray
@pytest.mark.slow
def test_workers_leave_the_bytes_of_one_process(whole, server, tmp_path):
    words = TASK.words(tmp_path / 'run', '--launcher', 'ray', '--out', str(tmp_path / 'out.json'))
    command = server.start(words, tmp_path)
    assert command.wait(900) == 0, command.err.read_text()
    assert TASK.contents(tmp_path / 'run') == whole
    assert json.loads((tmp_path / 'out.json').read_text()) == json.loads(whole['metrics.json'])
    assert sorted(entered(tmp_path / 'run')) == TASK.keys
    (log,) = (tmp_path / 'run').glob('2*/*.log')  # workers have none
    assert all(f'{key} is done in' in log.read_text() for key in TASK.keys)
    # Everything is done: no cluster is started.
    command = server.start(words, tmp_path)
    assert command.wait(300) == 0 and '4 of 4 images are done.' in command.out.read_text()
    # And one process goes on with what workers have done.
    more = server.start(quick_task(5, 2).words(tmp_path / 'run'), tmp_path)
    assert more.wait(300) == 0 and len(entered(tmp_path / 'run')) == 5


@with_ray
@pytest.mark.slow
def test_a_stopped_driver_leaves_whole_entries_and_no_worker(server, tmp_path):
    task, work_dir = quick_task(40, 30), tmp_path / 'run'
    command = server.start(task.words(work_dir, '--launcher', 'ray'), tmp_path)
    assert wait_until(lambda: command.poll() is not None or len(entered(work_dir)) > 1, 900)
    command.send_signal(signal.SIGTERM)
    assert command.wait(120) == 143, command.err.read_text()
    said = command.err.read_text()
    assert 'Traceback' not in said
    done = len(entered(work_dir))
    assert f'Stopped: {done} of 40 images are done; to go on' in said.splitlines()[-1]
    assert not (work_dir / 'parts' / 'damaged.txt').exists()
    more = server.start(quick_task(done, 30).words(work_dir), tmp_path)
    assert more.wait(300) == 0
    assert f'{done} of {done} images are done.' in more.out.read_text()
    assert 'Damaged' not in more.out.read_text()


@with_ray
@pytest.mark.slow
def test_what_a_worker_cannot_do_is_one_line(server, tmp_path):
    """A photo that vanishes after the start's look at it, and an address where nobody is."""
    command = server.start(
        TASK.words(tmp_path / 'run', '--launcher', 'ray', '--address', '127.0.0.1:1'), tmp_path
    )
    assert command.wait(300) == 1
    said = command.err.read_text().splitlines()[-1]
    assert said.startswith("error: --address '127.0.0.1:1': no cluster of Ray")


def test_a_run_of_its_own_meets_those_who_share(tmp_path):
    """The lock alone, without a model."""
    code = (
        'import sys, time; from pathlib import Path\n'
        'from mmgenprior.ledger.claims import Claims\n'
        'claims = Claims(Path(sys.argv[1])); claims.share()\n'
        'print("shared", flush=True); time.sleep(600)\n'
    )
    work_dir = tmp_path / 'run'
    with subprocess.Popen(
        [sys.executable, '-c', code, str(work_dir)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {'PYTHONPATH': str(ROOT)},
    ) as process:
        assert process.stdout.readline() == 'shared\n'
        from mmgenprior.engine.work_dir import WorkDir
        from mmgenprior.utils.errors import UserError

        alone = WorkDir(work_dir)
        with pytest.raises(UserError, match='other processes share .*--share'):
            alone.open({}, False, print)
        alone.close()
        joining = WorkDir(work_dir, shared=True)
        joining.open({}, False, print)
        joining.close()
        process.kill()
    alone.open({}, False, print)
    alone.close()
