"""Signals wait for what must not be cut through."""

from __future__ import annotations

import os
import signal

import pytest

from mmgenprior.utils.command_line import same_command
from mmgenprior.utils.signals import Terminated, raise_on_termination, unbroken


@pytest.fixture
def handlers():
    before = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise_on_termination()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ('number', 'raised'), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]
)
def test_a_signal_waits_for_the_end_of_the_block(number, raised, handlers):
    done = []
    with pytest.raises(raised):
        with unbroken():
            os.kill(os.getpid(), number)
            done.append(1)
        done.append(2)
    assert done == [1]
    with pytest.raises(raised):
        os.kill(os.getpid(), number)
        signal.getsignal(number)


def test_an_ignored_signal_stays_ignored(handlers):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with unbroken():
        os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize(
    ('argv', 'command'),
    [
        (['/x/bin/mmgenprior', 'test', 'c', '--fresh'], 'mmgenprior test c'),
        (
            ['tools/test.py', 'c', '--fre', '--work-dir', 'a b'],
            "python tools/test.py c --work-dir 'a b'",
        ),
        (['/x/mmgenprior/__main__.py', 'test', '--f'], 'python -m mmgenprior test --f'),
    ],
)
def test_the_same_command_never_starts_anew(argv, command):
    assert same_command(argv) == command
