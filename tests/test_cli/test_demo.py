"""The demonstration: several methods on the same faces, one sheet and one table."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmgenprior.cli.commands.demo import METHODS, RUNS
from mmgenprior.utils.image_io import read_image

ROOT = Path(__file__).resolve().parents[2]


def demo(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, str(ROOT / 'tools' / 'demo.py'), *arguments]
    environment = dict(os.environ, OMP_NUM_THREADS='1', COLUMNS='120')
    return subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment)


@pytest.mark.slow
def test_one_table_and_one_sheet(tmp_path):
    done = demo('--images', '1', '--damage', 'denoise', '--work-dir', str(tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    # Not of the networks that are built to compare sizes, nor of the second run.
    assert 'random weights' not in done.stderr + done.stdout
    for name in ('best classical', *METHODS):
        assert name in done.stdout
    for run in RUNS:
        assert (tmp_path / 'denoise' / run / 'metrics.json').is_file()
    # Six panels of one face: damaged, classical, three methods, truth.
    height, width, _ = read_image(tmp_path / 'sheet.png').shape
    assert width > 6 * 128 and height > 128


def test_unknown_damages_are_refused_at_once():
    done = demo('--damage', 'scratches')
    assert done.returncode == 2
    assert "invalid choice: 'scratches'" in done.stderr
