"""A wheel of the package in an environment of its own, with the packages of this one beside it."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Installed:
    """Where it is.

    Attributes:
        carried: ``tools/`` and ``configs/`` that the wheel brings.
        environment: Variables under which its commands are found, and no others of the package.
    """

    carried: Path
    environment: dict[str, str]


def install(wheel: Path, folder: Path) -> Installed:
    """Install a wheel into a new environment; what it requires is taken from this one.

    Args:
        wheel: The file.
        folder: An empty one.
    """
    venv.create(folder, with_pip=False)
    programs = folder / 'bin'
    python = programs / 'python'
    (site,) = folder.glob('lib/python*/site-packages')
    # Names of folders, so that no editable installation in them is followed.
    around = [p for p in sys.path if p.endswith('site-packages') or p in _path()]
    (site / 'around.pth').write_text('\n'.join(around) + '\n')
    words = ['--python', str(python), 'install', '--quiet', '--no-deps', '--no-index']
    done = subprocess.run(
        [sys.executable, '-m', 'pip', *words, str(wheel)], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f'pip cannot install a wheel here: {done.stderr[-300:]}')
    environment = {k: v for k, v in os.environ.items() if k not in ('PYTHONPATH', 'PYTHONHOME')}
    environment['PATH'] = f'{programs}{os.pathsep}{os.environ["PATH"]}'
    code = 'import mmgenprior; print(mmgenprior.__file__)'
    found = subprocess.run(
        [python, '-c', code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    package = Path(found.stdout.strip()).parent
    assert package.parent == site, f'{package} is not of the wheel'
    return Installed(package / '.mim', environment)


def _path() -> list[str]:
    """Folders of ``PYTHONPATH`` that are no checkout: extras that were installed into a folder."""
    given = os.environ.get('PYTHONPATH', '').split(os.pathsep)
    return [path for path in given if path and not (Path(path) / 'mmgenprior').exists()]
