"""Commands as a user calls them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from processor import processor_seconds

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
