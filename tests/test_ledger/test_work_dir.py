"""The lock of a work dir, and what --fresh moves."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from mmgenprior.ledger.aside import move_aside
from mmgenprior.ledger.entries import Entry
from mmgenprior.ledger.fitting import made_again, misfit
from mmgenprior.ledger.ledger import Ledger
from mmgenprior.ledger.lock import WorkDirLock
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.hashes import sha256_of

_HOLDER = """
import pathlib, sys, time
from mmgenprior.ledger.lock import WorkDirLock
lock = WorkDirLock(pathlib.Path(sys.argv[1]))
lock.acquire()
print('held', flush=True)
time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    words = [sys.executable, '-c', _HOLDER, str(tmp_path / 'run')]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == 'held\n'
        yield process
        process.kill()


def test_a_second_run_is_told_who_is_at_work(holder, tmp_path):
    lock = WorkDirLock(tmp_path / 'run')
    with pytest.raises(UserError, match=rf'process {holder.pid} on {socket.gethostname()}'):
        lock.acquire()
    lock.release()  # of nothing
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    lock.acquire()
    lock.release()
    assert not (tmp_path / 'run' / '.owner.json').exists()


@pytest.mark.parametrize('owner', [b'', b'null', b'{"process": "x"}', b'[' * 100000, b'\xff'])
def test_a_damaged_owner_blocks_nobody(owner, tmp_path):
    (tmp_path / '.owner.json').write_bytes(owner)
    lock = WorkDirLock(tmp_path)
    lock.acquire()
    assert json.loads((tmp_path / '.owner.json').read_bytes())['process'] == os.getpid()
    lock.release()


def test_a_work_dir_that_is_a_file_is_one_line(tmp_path):
    (tmp_path / 'run').write_text('')
    with pytest.raises(UserError, match="cannot write into '.*run'"):
        WorkDirLock(tmp_path / 'run').acquire()


def entry(**saved):
    row = dict(main='x', has_gt=False, results={'x': []})
    return Entry('a', 1, weights='w', source='s', saved=saved, row=row)


def test_only_what_a_run_writes_is_moved(tmp_path):
    assert move_aside(tmp_path) is None
    for name in ('restored/a.png', 'std/a.npy', 'mine/a.png', 'notes.txt', 'metrics.json'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    ledger = Ledger(tmp_path)
    ledger.open(0)
    ledger.add(entry(**{'restored/a.png': 'x', 'std/a.npy': 'y', '../out/prior/a.png': 'z'}))
    ledger.close()
    assert move_aside(tmp_path) == tmp_path / 'old' / '1'
    assert sorted(p.name for p in tmp_path.iterdir()) == ['mine', 'notes.txt', 'old']
    moved = ['metrics.json', 'parts', 'restored', 'std']
    assert sorted(p.name for p in (tmp_path / 'old' / '1').iterdir()) == moved
    assert move_aside(tmp_path) is None


def test_the_reason_is_the_first_that_holds(tmp_path):
    (tmp_path / 'a').write_bytes(b'1')
    good = entry(a=sha256_of(b'1'))

    def reason(entry=good, weights='w', source='s', needed=('a',)):
        return misfit(entry, weights, source, needed, tmp_path)

    assert reason() is None
    assert 'weights' in reason(weights='x')
    assert reason(source='x') == 'its input was replaced'
    assert reason(needed=('a', 'b')) == 'b was not saved'
    assert reason(entry(b='x')) == 'a was not saved'
    assert reason(entry(b='x'), needed=()) == 'b is missing'
    (tmp_path / 'a').write_bytes(b'2')
    assert reason() == 'a was changed'
    (tmp_path / 'a').write_bytes(b'')
    assert reason() == 'a was emptied'
    (tmp_path / 'a').unlink()
    (tmp_path / 'a').mkdir()
    assert reason() in ('a was changed', 'a is missing', 'a was emptied')


def test_a_thousand_reasons_are_one_short_line():
    line = made_again({f'k{i}': f'restored/k{i}.png was changed' for i in range(1000)})
    assert '\n' not in line and len(line) < 400 and 'and 997 more' in line
    line = made_again(dict.fromkeys('abcdef', 'its input was replaced'))
    assert line == 'Made again: a, b, c and 3 more (its input was replaced)'
