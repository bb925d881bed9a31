"""Fixtures of all tests."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import settings
from loopback import loopback  # noqa: F401  (a fixture)

import mmgenprior  # noqa: F401  (adapts the stack before a test imports MMagic)
from mmgenprior.cli.doctor.machine import available_memory

_ROOT = Path(__file__).resolve().parents[1]
# What a process that runs tests takes, with a command that it waits for; more of them than the
# longest file is worth are not needed.
_MEMORY_OF_A_PROCESS = 3e9
_MOST_PROCESSES = 8

# The gate draws the same examples each time; `pytest --hypothesis-profile=fresh` draws others. None
# is timed, as on a busy machine any may take long.
settings.register_profile('same', deadline=None, derandomize=True)
settings.register_profile('fresh', deadline=None, derandomize=False)
settings.load_profile('same')


_BEGAN = time.monotonic()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        '--budget',
        type=float,
        metavar='SECONDS',
        help='begin no test after SECONDS, and skip those that are left; which file comes first '
        'depends on the commit, so that over several commits each has its turn',
    )


def pytest_configure(config: pytest.Config) -> None:
    # xdist would leave files of few tests, which are long ones here, for the end, where the other
    # processes wait for the last of them.
    if hasattr(config.option, 'loadscopereorder'):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--budget``, begin at a file that depends on the commit."""
    if config.getoption('--budget') is None or not items:
        return
    git = shutil.which('git') or 'true'
    commit = subprocess.run([git, 'rev-parse', 'HEAD'], cwd=_ROOT, capture_output=True).stdout
    first = items[zlib.crc32(commit) % len(items)].path
    start = next(i for i, item in enumerate(items) if item.path == first)
    items[:] = items[start:] + items[:start]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    budget = item.config.getoption('--budget')
    if budget is not None and time.monotonic() - _BEGAN > budget:
        pytest.skip(f'no time was left of the {budget:.0f} s of --budget')


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what was imported out of every later search for garbage.

    The framework asks for one at each data set, and a search through all of torch takes most of a
    second.
    """
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    # So that Python finds nothing left over when it ends.
    gc.unfreeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Processes for ``-n auto``: one a core, as far as the memory reaches; none beside a single."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # another system
        cores = os.cpu_count() or 1
    memory = available_memory()
    if memory is not None:
        cores = min(cores, int(memory // _MEMORY_OF_A_PROCESS))
    return min(cores, _MOST_PROCESSES) if cores > 1 else 0


def shared_path(*parts: str) -> Path:
    """Path inside the folder of reference data, which need not exist.

    The folder is named by the environment variable ``MGP_SHARED``; without it,
    it is ``shared`` beside the repository.
    """
    return Path(os.environ.get('MGP_SHARED') or _ROOT.parent / 'shared').joinpath(*parts)


@pytest.fixture(scope='session')
def shared() -> Callable[..., Path]:
    """``shared('golden', 'x.npz')``: the path, or the test is skipped and says what is missing."""

    def find(*parts: str) -> Path:
        path = shared_path(*parts)
        if not path.exists():
            pytest.skip(f'no reference data: {path} is missing (set MGP_SHARED)')
        return path

    return find


@pytest.fixture
def photo() -> Callable[..., np.ndarray]:
    """``photo(16, 16, seed=0)``: a smooth colour picture, H×W×3 BGR uint8."""

    def make(height: int = 16, width: int = 16, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        coarse = rng.integers(0, 256, (4, 4, 3)).astype(np.uint8)
        return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)

    return make
