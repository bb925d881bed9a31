"""Extras of the package that a test needs and CI's environment lacks."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

with_ray = pytest.mark.skipif(
    importlib.util.find_spec('ray') is None, reason='ray is not installed'
)
ROOT = Path(__file__).resolve().parents[1]


def path_with_extra(extra: str, modules: list[str], folder: Path) -> str:
    """``PYTHONPATH`` under which an extra is there, installed into a folder if it is not.

    Args:
        extra: Its name in pyproject.toml.
        modules: By which it is known.
        folder: An empty one.
    """
    before = os.environ.get('PYTHONPATH', '')
    if all(importlib.util.find_spec(module) for module in modules):
        return before
    text = (ROOT / 'pyproject.toml').read_text()
    (line,) = re.findall(rf'^{extra} = \[(.*)\]$', text, re.MULTILINE)
    install = [sys.executable, '-m', 'pip', 'install', '--quiet', '--target', str(folder)]
    wanted = re.findall(r'"([^"]+)"', line)
    done = subprocess.run([*install, *wanted], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"the extra '{extra}' cannot be installed here: {done.stderr[-300:]}")
    return os.pathsep.join(filter(None, [str(folder), before]))
