"""Commands as a user calls them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from processor import processor_seconds

from mmgenprior.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
# To the end: test.py and convert.py there hide nobody's module.
sys.path.append(str(ROOT / 'tools'))


def tool(name: str, *args: str, cwd: Path = ROOT, **environ: str) -> tuple[int, str, str, float]:
    """Status, stdout, stderr and processor seconds of one call, from the better of two tries."""
    env = {k: v for k, v in os.environ.items() if not k.startswith('MGP_')} | environ
    command = [sys.executable, str(ROOT / 'tools' / name), *args]
    best = None
    for _ in range(2):
        with processor_seconds() as took:
            done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
        if best is None or took.seconds < best[3]:
            best = (done.returncode, done.stdout, done.stderr, took.seconds)
        if took.seconds < 2:
            break
    return best


def command(*words: str | Path, cwd: Path, **environ: str) -> subprocess.CompletedProcess:
    """One call of ``python -m mmgenprior`` with this package, from any folder."""
    env = {k: v for k, v in os.environ.items() if not k.startswith('MGP_')} | environ
    env['PYTHONPATH'] = str(ROOT)
    return subprocess.run(
        [sys.executable, '-m', 'mmgenprior', *map(str, words)],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture
def call(capfd, monkeypatch) -> Callable[..., subprocess.CompletedProcess]:
    """As :func:`command`, in this process, which has imported what the command needs."""

    def called(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess:
        monkeypatch.chdir(cwd)
        for name in [name for name in os.environ if name.startswith('MGP_')]:
            monkeypatch.delenv(name)
        capfd.readouterr()
        try:
            status = main([str(word) for word in words])
        except SystemExit as done:
            status = done.code
        return subprocess.CompletedProcess(words, status, *capfd.readouterr())

    return called
