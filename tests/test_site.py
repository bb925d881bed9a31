"""The documentation site builds without a warning, and names every page."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
import yaml
from extras import ROOT, path_with_extra


def pages(entry) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    parts = entry.values() if isinstance(entry, dict) else entry
    return [page for part in parts for page in pages(part)]


def test_every_page_is_in_the_navigation():
    nav = pages(yaml.safe_load((ROOT / 'mkdocs.yml').read_text())['nav'])
    written = {path.relative_to(ROOT / 'docs').as_posix() for path in (ROOT / 'docs').rglob('*.md')}
    written = {page for page in written if not page.startswith('tables/')}  # parts of tables.md
    written |= {f'notebooks/{path.stem}.md' for path in (ROOT / 'docs/notebooks').glob('*.ipynb')}
    assert len(nav) == len(set(nav))
    assert set(nav) - {'contributing.md', 'changelog.md'} == written


@pytest.fixture(scope='module')
def path_of_mkdocs(tmp_path_factory) -> str:
    return path_with_extra('docs', ['material', 'mkdocstrings'], tmp_path_factory.mktemp('docs'))


@pytest.mark.slow
def test_the_site_builds_without_a_warning(path_of_mkdocs, tmp_path):
    done = subprocess.run(
        [sys.executable, '-m', 'mkdocs', 'build', '--strict', '--site-dir', str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {'PYTHONPATH': path_of_mkdocs, 'NO_MKDOCS_2_WARNING': '1'},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and 'WARNING' not in done.stderr, done.stderr[-3000:]
    front = (tmp_path / 'index.html').read_text()
    assert 'images/demo.png' in front and 'https://fonts' not in front
    api = (tmp_path / 'api.html').read_text()
    assert 'epoch_seed' in api and ':class:' not in api
    # Links to pages of the root lead to pages of the site; those into the code are text.
    assert 'href="contributing.html' in (tmp_path / 'openmmlab.html').read_text()
    assert 'compat.py' not in re.findall(
        r'href="([^"]*)"', (tmp_path / 'openmmlab.html').read_text()
    )
    assert 'href="checking.html' in (tmp_path / 'contributing.html').read_text()
    notebook = (tmp_path / 'notebooks' / 'restore_photo.html').read_text()
    assert 'href="restore_photo.ipynb"' in notebook and 'images/restore_photo.png' in notebook
    assert (tmp_path / 'notebooks' / 'restore_photo.ipynb').is_file()
    assert 'href="notebooks/own_parts.html"' in front
