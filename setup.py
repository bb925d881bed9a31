"""What an installed copy needs and carries; the rest is in pyproject.toml."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
# Not by import: that would ask for what is yet to be installed.
NEEDED = runpy.run_path(str(ROOT / 'mmgenprior' / 'requirements.py'))['needed']


def for_what_is_in_place() -> list:
    """Requirements, some of which depend on the mmcv and torch of the interpreter which builds.

    Where that cannot see what is in place, ``MGP_MMCV=full`` (or ``lite``) in the environment
    decides.
    """
    # -I: look past an isolated build environment at the packages of the interpreter itself.
    look = 'import importlib.metadata as m\nfor d in m.distributions(): print(d.name, d.version)'
    said = subprocess.run([sys.executable, '-I', '-c', look], capture_output=True, text=True).stdout
    found = dict(line.lower().split() for line in said.splitlines() if len(line.split()) == 2)
    mmcv = os.environ.get('MGP_MMCV') or ('full' if 'mmcv' in found else 'lite')
    if mmcv not in ('full', 'lite'):
        raise SystemExit(f"MGP_MMCV must be 'full' or 'lite', not '{mmcv}'")
    return [name + versions for name, versions in NEEDED(found, mmcv).items()]


class build_py_with_mim(build_py):
    """Puts what `mim` and use from any folder need into mmgenprior/.mim, beside the modules."""

    def run(self):
        """Build the modules, then ``mmgenprior/.mim``; the source tree stays as it is."""
        if getattr(self, 'editable_mode', False):
            return super().run()
        package = Path(self.build_lib) / 'mmgenprior'
        # A build folder left by an earlier build would put deleted modules into the package.
        shutil.rmtree(package, ignore_errors=True)
        super().run()
        ignore = shutil.ignore_patterns('__pycache__', '*.pyc')
        for name in ('configs', 'tools'):
            shutil.copytree(ROOT / name, package / '.mim' / name, ignore=ignore)
        shutil.copy2(ROOT / 'model-index.yml', package / '.mim')


setup(
    install_requires=for_what_is_in_place(),
    cmdclass={'build_py': build_py_with_mim},
)
