"""glibc keeps what is freed, where there is glibc and the user has not said otherwise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmgenprior.utils import memory
from mmgenprior.utils.memory import keep_freed_memory

ROOT = Path(__file__).resolve().parents[2]
ON_GLIBC = memory._mallopt() is not None
# Maps of 64 MiB that come and go, as in every step of a search; page faults of the ten last.
PROGRAM = """
import resource
from mmgenprior.utils.memory import keep_freed_memory
if {keep}:
    assert keep_freed_memory()
def work():
    maps = [bytearray(b'x') * (64 * 2**20) for _ in range(2)]
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(keep, **environ):
    environ = {k: v for k, v in os.environ.items() if not k.startswith('MALLOC_')} | environ
    done = subprocess.run(
        [sys.executable, '-c', PROGRAM.format(keep=keep)],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(not ON_GLIBC, reason='needs glibc')
def test_freed_memory_is_not_faulted_in_again():
    assert faults(keep=True) * 10 < faults(keep=False)


@pytest.mark.skipif(not ON_GLIBC, reason='needs glibc')
def test_a_threshold_of_the_users_own_is_left_alone():
    both = dict(MALLOC_TRIM_THRESHOLD_='1', MALLOC_MMAP_THRESHOLD_='1')
    assert not keep_freed_memory(both)
    tunables = 'glibc.malloc.trim_threshold=1:glibc.malloc.mmap_threshold=1'
    assert not keep_freed_memory(dict(GLIBC_TUNABLES=tunables))
    # One of them is the user's: large maps stay maps of their own.
    assert faults(keep=True, MALLOC_MMAP_THRESHOLD_='1000000') > 10 * faults(keep=True)


def test_systems_without_glibc_are_left_alone(monkeypatch):
    for answer in (None, 'musl 1.2', ''):
        monkeypatch.setattr(os, 'confstr', lambda name, answer=answer: answer)
        assert not keep_freed_memory({})

    def unknown(name):
        raise ValueError('unrecognized configuration name')  # macOS, musl

    monkeypatch.setattr(os, 'confstr', unknown)
    assert not keep_freed_memory({})
    monkeypatch.delattr(os, 'confstr')  # Windows
    assert not keep_freed_memory({})


def test_every_command_keeps_freed_memory():
    """It is set before torch is imported, in the one place that all commands pass."""
    program = (
        'import sys\n'
        'from mmgenprior.cli import run\n'
        'seen = []\n'
        'real = run.keep_freed_memory\n'
        "run.keep_freed_memory = lambda: seen.append(('torch' in sys.modules, real()))\n"
        'from mmgenprior.cli.main import main\n'
        "main(['download', '--list'])\n"
        'print(seen)\n'
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith('MALLOC_')}
    done = subprocess.run(
        [sys.executable, '-c', program], cwd=ROOT, env=environ, capture_output=True, text=True
    )
    assert done.stdout.strip().endswith(f'[(False, {ON_GLIBC})]'), done.stdout + done.stderr
