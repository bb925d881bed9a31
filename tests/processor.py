"""Processor time of the commands that a test runs: other work on the machine does not add to it."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Taken:
    """What the processes took that ended inside the block."""

    seconds: float = 0.0


def _so_far() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def processor_seconds() -> Iterator[Taken]:
    """Measure the processes that begin and end in the block; there are no others meanwhile."""
    taken = Taken()
    before = _so_far()
    yield taken
    taken.seconds = _so_far() - before
