"""The memory that a search takes beside its networks, measured in a process of its own."""

from __future__ import annotations

import multiprocessing
import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import torch

from mmgenprior.benchmark.step_settings import STEP_SETTINGS, Task
from mmgenprior.inversion.callbacks import ignore

_STATUS = Path('/proc/self/status')
_STEPS = 3


def peak_in_a_process(name: str, task: Task, side: str) -> int:
    """Peak of a few steps above what is there before them, in bytes.

    Args:
        name: A case.
        task: What to measure.
        side: ``'ours'`` or ``'plain'``.
    """
    with ProcessPoolExecutor(1, mp_context=_context()) as pool:
        return pool.submit(_peak, name, task, side, torch.get_num_threads()).result()


def _context() -> multiprocessing.context.BaseContext:
    """Fresh processes, which have the imports in common where the system can."""
    if 'forkserver' not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context('spawn')
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['mmgenprior.components', __name__])
    return context


def _peak(name: str, task: Task, side: str, threads: int) -> int:
    torch.set_num_threads(threads)
    import mmgenprior.components  # noqa: F401  (registers everything)

    setting = STEP_SETTINGS[name](replace(task, steps=_STEPS))
    on_gpu = torch.device(task.device).type == 'cuda'
    before = _now(task.device) if on_gpu else _forget_the_peak()
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(task.device)
    if side == 'ours':
        setting.run(ignore, task.seed)
    else:
        for loop in setting.plain:
            for _ in range(_STEPS):
                loop.step()
    peak = torch.cuda.max_memory_allocated(task.device) if on_gpu else _peak_of_process()
    return max(0, peak - before)


def _now(device: str) -> int:
    return torch.cuda.memory_allocated(device)


def _forget_the_peak() -> int:
    """Let the peak begin at what is resident now, where the system can; return that."""
    if not _STATUS.exists():
        return _peak_of_process()
    Path('/proc/self/clear_refs').write_text('5')
    return _field('VmRSS')


def _peak_of_process() -> int:
    if _STATUS.exists():
        return _field('VmHWM')
    unit = 1 if sys.platform == 'darwin' else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _field(name: str) -> int:
    line = next(x for x in _STATUS.read_text().splitlines() if x.startswith(f'{name}:'))
    return int(line.split()[1]) * 1024
