"""Every notebook runs from its first cell to its last, and is kept without results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from extras import ROOT, path_with_extra

NOTEBOOKS = sorted((ROOT / 'docs' / 'notebooks').glob('*.ipynb'))
EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient

book = nbformat.read(sys.argv[1], 4)
NotebookClient(book, timeout=900, kernel_name='python3').execute()
nbformat.write(book, sys.argv[2])
"""


@pytest.fixture(scope='module')
def environment(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp('notebooks')
    path = path_with_extra('notebooks', ['nbclient', 'ipykernel'], folder)
    path = os.pathsep.join(filter(None, [str(ROOT), path]))
    kernels = {'JUPYTER_PATH': str(folder / 'share' / 'jupyter')}
    return os.environ | kernels | {'PYTHONPATH': path, 'MGP_NOTEBOOK_ITERATIONS': '4'}


@pytest.mark.parametrize('notebook', NOTEBOOKS, ids=lambda p: p.stem)
def test_results_are_not_kept(notebook):
    book = json.loads(notebook.read_text())
    code = [cell for cell in book['cells'] if cell['cell_type'] == 'code']
    assert code and not [cell for cell in code if cell['outputs'] or cell['execution_count']]


@pytest.mark.slow
@pytest.mark.parametrize('notebook', NOTEBOOKS, ids=lambda p: p.stem)
def test_it_runs(notebook: Path, environment, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            '-W',
            'ignore',
            '-c',
            EXECUTE,
            str(notebook),
            str(tmp_path / 'done.ipynb'),
        ],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    cells = json.loads((tmp_path / 'done.ipynb').read_text())['cells']
    pictures = [o for c in cells for o in c.get('outputs', []) if 'image/png' in o.get('data', {})]
    assert pictures
