"""The floors hold, and no room is too large."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 400


def tracked(*patterns):
    """Files of the clone, without what is built or ignored."""
    words = ['git', 'ls-files', '--cached', '--others', '--exclude-standard', *patterns]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip('not a clone: git lists no files here')
    return [ROOT / name for name in done.stdout.split() if (ROOT / name).is_file()]


def test_imports_point_down_the_floors(monkeypatch):
    """The contracts of pyproject.toml, as ``lint-imports`` checks them."""
    api = pytest.importorskip('importlinter.application.use_cases')
    from importlinter import configuration

    configuration.configure()
    monkeypatch.chdir(ROOT)
    assert api.lint_imports(config_filename='pyproject.toml', cache_dir=None) is True


def test_no_file_is_too_long():
    lengths = {path: len(path.read_text().splitlines()) for path in tracked('*.py', '*.sh')}
    assert len(lengths) > 300
    assert {p.name: n for p, n in lengths.items() if n > LONGEST} == {}
