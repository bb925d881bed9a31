"""Signals that end a run, and what they must not cut through."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM)
_UNBROKEN = threading.Lock()


class Terminated(BaseException):  # noqa: N818  (as KeyboardInterrupt, it is no error)
    """SIGTERM, raised where the program is, as Ctrl-C raises ``KeyboardInterrupt``."""


def raise_on_termination() -> None:
    """Have SIGTERM raise :class:`Terminated`, unless the program's caller ignores it."""
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _raise)


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


def interruption_behind(error: BaseException) -> BaseException | None:
    """The Ctrl-C or SIGTERM of which a library made another error, as a bare ``except:`` does."""
    behind: BaseException | None = error
    while behind is not None and not isinstance(behind, KeyboardInterrupt | Terminated):
        behind = behind.__cause__ or behind.__context__
    return behind


def hold_back() -> None:
    """Let no further :func:`unbroken` block of this process begin; return when none is under way.

    For a thread of a process that is about to be ended.
    """
    _UNBROKEN.acquire()


@contextmanager
def unbroken() -> Iterator[None]:
    """Put SIGINT and SIGTERM off until the end of the block; they reach the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        with _UNBROKEN:
            yield
        return
    arrived: list[int] = []
    # What C code has set up is None, and stays.
    own = {s: signal.getsignal(s) for s in _ENDING if signal.getsignal(s) is not None}
    for number in own:
        if own[number] is not signal.SIG_IGN:
            signal.signal(number, lambda number, _frame: arrived.append(number))
    try:
        yield
    finally:
        for number, handler in own.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])
