"""Seconds, with a device waited for."""

from __future__ import annotations

import time

import torch

_READ = {'wall': time.perf_counter, 'process': time.process_time}
_chosen = 'wall'


def choose_clock(name: str) -> None:
    """Choose the clock of this process.

    Args:
        name: ``'wall'``, or ``'process'``: CPU seconds of all threads, which hardly depend on what
            else a machine does. With one thread they are the wall's on an idle machine; they say
            nothing of a GPU.
    """
    global _chosen
    _chosen = name


def seconds(device: torch.device | str) -> float:
    """Now, on a clock that only rises, when all work given to the device is done."""
    if torch.device(device).type == 'cuda':
        torch.cuda.synchronize(device)
    return _READ[_chosen]()
