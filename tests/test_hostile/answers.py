"""Run the corpus as commands, and print the seconds until the answers.

``cd tests && python -m test_hostile.answers [--every N]``
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .case import Case
from .test_corpus import CORPUS

_ROOT = Path(__file__).resolve().parents[2]


def answer(case: Case, folder: Path) -> tuple[int, str, float]:
    """Status, what was said on stderr, and seconds of the case as a process of its own."""
    words = case.make(folder)
    env = {k: v for k, v in os.environ.items() if not k.startswith('MGP_')}
    env |= {k: v.format(folder=folder) for k, v in case.environ.items()}
    env['PYTHONPATH'] = str(_ROOT)
    command = [sys.executable, '-m', 'mmgenprior', *(word.replace('\0', '?') for word in words)]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    return done.returncode, done.stderr, time.perf_counter() - began


def main() -> None:
    """Do what the module says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--every', type=int, default=1, help='run every Nth input alone')
    cases = CORPUS[:: parser.parse_args().every]
    seconds, wrong = {}, []
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            status, said, took = answer(case, Path(folder))
        seconds[case.name] = took
        if status != case.status or case.said not in said or 'Traceback' in said:
            wrong.append(case.name)
        print(f'{took:6.2f} s  {status}  {case.name}', flush=True)
    ordered = sorted(seconds.values())
    worst = max(seconds, key=seconds.get)
    print(
        f'{len(ordered)} inputs, {len(wrong)} answered otherwise than expected {wrong or ""}\n'
        f'seconds until the answer: median {ordered[len(ordered) // 2]:.2f}, '
        f'worst {ordered[-1]:.2f} ({worst})'
    )


if __name__ == '__main__':
    main()
