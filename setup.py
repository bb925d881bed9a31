"""What mmgenprior needs, and what an installed copy carries; the rest is in pyproject.toml.

A requirement has a lower bound where an older release was seen to fail, and an upper bound only
where no small and safe adaptation exists (those that do are in ``mmgenprior/compat.py``).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
# MMagic imports both; their current releases fail on a torch before 2.6 and do not declare it.
FOR_OLD_TORCH = ['diffusers>=0.23,<0.35', 'transformers>=4.27.4,<5']


def for_what_is_in_place() -> list:
    """Requirements that depend on the mmcv and torch of the interpreter which builds.

    mmcv-lite installs in seconds and is enough, but laid over a full (compiled) mmcv it would
    replace its files, and no requirement can say "either". Where the interpreter that builds cannot
    see what is in place, ``MGP_MMCV=full`` (or ``lite``) in the environment decides.
    """
    # -I: look past an isolated build environment at the packages of the interpreter itself.
    look = 'import importlib.metadata as m\nfor d in m.distributions(): print(d.name, d.version)'
    said = subprocess.run([sys.executable, '-I', '-c', look], capture_output=True, text=True).stdout
    found = dict(line.lower().split() for line in said.splitlines() if len(line.split()) == 2)
    mmcv = os.environ.get('MGP_MMCV') or ('full' if 'mmcv' in found else 'lite')
    if mmcv not in ('full', 'lite'):
        raise SystemExit(f"MGP_MMCV must be 'full' or 'lite', not '{mmcv}'")
    # MMagic 1.2 asserts 2.0.0 <= mmcv < 2.2.0 on import, and full and lite count alike.
    needed = ['mmcv-lite>=2.0.0,<2.2.0'] if mmcv == 'lite' else []
    torch = tuple(int(part) for part in found.get('torch', '99.0').split('.')[:2])
    # torch 2.2 was built for NumPy 1; 2.3 takes both.
    return needed + FOR_OLD_TORCH * (torch < (2, 6)) + ['numpy<2'] * (torch < (2, 3))


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
    install_requires=[
        'mmengine>=0.10.4,<1.0.0',  # 0.10.4: imports on Python 3.12; <1.0.0: asserted by MMagic
        'mmagic>=1.2.0,<1.3',  # the adaptations of compat.py were verified against 1.2
        'mmpretrain>=1.2.0,<2',  # classifiers as judges; 2 would be another API
        'torch>=2.2',  # oldest that deepinv supports
        'deepinv>=0.5',  # the Physics interface our operators implement
        'ptwt',  # wavelets of deepinv's estimator of the noise level
        'numpy>=1.26',  # oldest with wheels for every Python from 3.10 to 3.12
        'scipy>=1.11',  # first that works with NumPy 1.26
        'albumentations',  # imported by mmagic.datasets, missing from its metadata
        'filelock>=3.24',  # first that notices a lock file that was removed while it waited
        *'torchvision opencv-python pillow scikit-image lpips safetensors rich'.split(),
        *for_what_is_in_place(),
    ],
    cmdclass={'build_py': build_py_with_mim},
)
