"""Claims of several processes on one work dir, with real processes: locks are a process's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter

import pytest

from mmgenprior.ledger.claims import Claims
from mmgenprior.ledger.dealing import own_order
from mmgenprior.ledger.ledger import Ledger

_HOLDER = """
import sys, time
from pathlib import Path
from mmgenprior.ledger.claims import Claims
claims = Claims(Path(sys.argv[1]))
assert claims.take_image('a') and claims.take_image('a')
assert claims.take_part(0) == 0
claims.share()
(Path(sys.argv[1]) / 'parts').mkdir()
(Path(sys.argv[1]) / 'parts' / 'rank0.jsonl').touch()
print('held', flush=True)
time.sleep(600)
"""

# Does what it is dealt: an entry each, after a moment.
_WORKER = """
import sys, time
from pathlib import Path
from mmgenprior.ledger.claims import Claims
from mmgenprior.ledger.dealing import deal
from mmgenprior.ledger.entries import Entry
from mmgenprior.ledger.ledger import Ledger
folder, keys, seconds, size = Path(sys.argv[1]), sys.argv[2].split(), *map(float, sys.argv[3:])
claims, ledger = Claims(folder), Ledger(folder)
ledger.open(claims.take_part(0))
row = dict(main='x', has_gt=False, results={'x': []})
for batch in deal(keys, int(size), claims, lambda: ledger.refresh().entries, pause=0.02):
    for key in batch:
        time.sleep(seconds)
        ledger.add(Entry(key, 1, row=row))
        print(key, flush=True)
"""


def start(code, *words):
    command = [sys.executable, '-c', code, *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def holder(tmp_path):
    with start(_HOLDER, tmp_path) as process:
        assert process.stdout.readline() == 'held\n'
        yield process
        process.kill()


def test_what_another_holds_is_free_when_it_dies(holder, tmp_path):
    claims = Claims(tmp_path)
    assert not claims.take_image('a') and claims.take_image('b')
    assert claims.is_written(0) and claims.others_write() and claims.others_share()
    assert claims.take_part(0) == 1 and claims.take_part(5) == 5
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert claims.take_image('a')
    assert not (claims.is_written(0) or claims.others_write() or claims.others_share())
    claims.close()


def test_several_share_and_their_claims_are_not_their_childrens(holder, tmp_path):
    claims = Claims(tmp_path)
    claims.share()
    assert claims.take_image('b')
    child = os.fork()
    if not child:  # a claim of its own is refused to it, too
        os._exit(int(claims.take_image('b')))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    claims.free_image('b')
    code = 'import sys; from pathlib import Path; from mmgenprior.ledger.claims import Claims\n'
    code += 'sys.exit(not Claims(Path(sys.argv[1])).take_image("b"))'
    assert subprocess.run([sys.executable, '-c', code, str(tmp_path)]).returncode == 0
    claims.close()


@pytest.mark.parametrize('size', [1, 3])
def test_each_image_is_dealt_to_one_of_three(size, tmp_path):
    keys = [f'k{i}' for i in range(20)]
    orders = [keys, keys[7:] + keys[:7], keys[::-1]]
    workers = [start(_WORKER, tmp_path, ' '.join(order), 0.02, size) for order in orders]
    done = [worker.communicate(timeout=60)[0].split() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert Counter(sum(done, [])) == Counter(keys)
    assert set(Ledger(tmp_path).read().entries) == set(keys)
    assert len(list(tmp_path.glob('parts/*.jsonl'))) == 3


def test_the_image_of_one_that_dies_is_done_by_another(tmp_path):
    """Who has nothing else to do waits for it."""
    slow = start(_WORKER, tmp_path, 'a', 600, 1)
    claims = Claims(tmp_path)
    while claims.take_image('a'):  # until the other one has it
        claims.free_image('a')
    other = start(_WORKER, tmp_path, 'a b', 0, 1)
    assert other.stdout.readline() == 'b\n'
    assert other.poll() is None
    slow.kill()
    slow.communicate()
    assert other.communicate(timeout=60)[0] == 'a\n'


def test_a_folder_that_locks_no_files_serves_one_run(tmp_path, monkeypatch):
    """As seen of a file system without locks: the call says so."""
    import fcntl

    from mmgenprior.ledger import claims as module
    from mmgenprior.utils.errors import UserError

    def unsupported(*_):
        raise OSError(38, 'Function not implemented')

    monkeypatch.setattr(module.fcntl, 'lockf', unsupported)
    assert module.fcntl is fcntl
    alone = Claims(tmp_path)
    assert alone.take_part(3) == 3 and not alone.others_share() and not alone.others_write()
    with pytest.raises(UserError, match='locks no files'):
        Claims(tmp_path).share()


def test_tasks_of_an_array_begin_at_different_images():
    keys = list('abcdefgh')

    def order(task, count, first=0):
        names = ('ID', 'COUNT', 'MIN')
        values = zip(names, (task, count, first))
        return ''.join(own_order(keys, {f'SLURM_ARRAY_TASK_{n}': str(v) for n, v in values}))

    assert [order(i, 4)[0] for i in range(4)] == list('aceg')
    assert order(3, 2, first=2) == 'efghabcd'
    assert own_order(keys, {}) == keys
    assert own_order([], dict(SLURM_ARRAY_TASK_ID='1', SLURM_ARRAY_TASK_COUNT='2')) == []
