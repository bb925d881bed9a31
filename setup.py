"""Builds and installs mmgenprior.

Requirements have a lower bound where an older release was seen to fail and an
upper bound only where no small and safe adaptation exists (those that do are in
``mmgenprior/compat.py``); each bound has its reason beside it.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
# What an installed package carries for `mim` and for use from any folder, under mmgenprior/.mim.
CARRIED = ('model-index.yml', 'configs', 'demo', 'tools')


def version() -> str:
    """Version of the package, read without importing it."""
    text = (ROOT / 'mmgenprior' / '__init__.py').read_text(encoding='utf-8')
    return re.search(r"^__version__ = '([^']+)'", text, re.MULTILINE).group(1)


def long_description() -> str:
    """The README, where there is one."""
    readme = ROOT / 'README.md'
    return readme.read_text(encoding='utf-8') if readme.is_file() else ''


def in_place() -> dict:
    """Versions of mmcv (full) and torch that the interpreter which builds has, if any."""
    # -I: look past an isolated build environment at the packages of the interpreter itself.
    look = (
        'import importlib.metadata as m\n'
        'for d in m.distributions(): print(d.name.lower(), d.version)\n'
    )
    lines = subprocess.run(
        [sys.executable, '-I', '-c', look], capture_output=True, text=True
    ).stdout
    found = dict(line.split() for line in lines.splitlines() if len(line.split()) == 2)
    return {name: found[name] for name in ('mmcv', 'torch') if name in found}


def mmcv_requirement(found: dict) -> list:
    """The requirement that provides ``import mmcv``: none where a full mmcv is in place.

    Full mmcv (compiled) and mmcv-lite are two distributions of one import package, and no
    requirement can say "either". mmcv-lite is the default: it installs in seconds and is enough.
    Laid over a full mmcv it would replace its files, so it is left out when the interpreter that
    builds has a full mmcv. An installer that builds with another interpreter cannot see it;
    `MGP_MMCV=full` (or `lite`) in the environment decides instead.
    """
    choice = os.environ.get('MGP_MMCV') or ('full' if 'mmcv' in found else 'lite')
    if choice not in ('full', 'lite'):
        raise SystemExit(f"MGP_MMCV must be 'full' or 'lite', not '{choice}'")
    # MMagic 1.2 asserts 2.0.0 <= mmcv < 2.2.0 on import, and full and lite count alike.
    return [] if choice == 'full' else ['mmcv-lite>=2.0.0,<2.2.0']


# MMagic imports both; their current releases fail on a torch before 2.6 and do not declare it.
FOR_OLD_TORCH = ['diffusers>=0.23,<0.35', 'transformers>=4.27.4,<5']
FOR_TORCH_22 = ['numpy<2']  # torch 2.2 was built for NumPy 1; 2.3 takes both


def old_torch_requirements(found: dict) -> list:
    """Upper bounds that hold only where an older torch is in place and would be kept."""
    release = tuple(int(part) for part in found.get('torch', '99.0').split('.')[:2])
    return (FOR_OLD_TORCH if release < (2, 6) else []) + (FOR_TORCH_22 if release < (2, 3) else [])


class build_py_with_mim(build_py):
    """Copies configs and tools beside the modules; the source tree stays as it is."""

    def run(self):
        """Build the modules, then ``mmgenprior/.mim``."""
        if getattr(self, 'editable_mode', False):
            super().run()
            return
        # A build folder left by an earlier build would put deleted modules into the package.
        shutil.rmtree(Path(self.build_lib) / 'mmgenprior', ignore_errors=True)
        super().run()
        target = Path(self.build_lib) / 'mmgenprior' / '.mim'
        shutil.rmtree(target, ignore_errors=True)
        for name in CARRIED:
            source = ROOT / name
            if source.is_dir():
                ignore = shutil.ignore_patterns('__pycache__', '*.pyc')
                shutil.copytree(source, target / name, ignore=ignore)
            elif source.is_file():
                target.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target / name)


FOUND = in_place()
INSTALL_REQUIRES = [
    # The framework.
    'mmengine>=0.10.4,<1.0.0',  # 0.10.4: imports on Python 3.12; <1.0.0: asserted by MMagic 1.2
    *mmcv_requirement(FOUND),
    'mmagic>=1.2.0,<1.3',  # the adaptations of compat.py were verified against 1.2
    'mmpretrain>=1.2.0,<2',  # classifiers as judges; 2 would be another API
    # Tensors and operators.
    'torch>=2.2',  # oldest that deepinv supports
    'torchvision',
    'deepinv>=0.5',  # the Physics interface our operators implement
    'numpy>=1.26',  # oldest with wheels for every Python from 3.10 to 3.12
    'scipy>=1.11',  # first that works with NumPy 1.26
    # Images.
    'albumentations',  # imported by mmagic.datasets, missing from its metadata
    'opencv-python',
    'pillow',
    'scikit-image',
    # Metrics, weights, the progress bar.
    'lpips',
    'safetensors',
    'rich',
    *old_torch_requirements(FOUND),
]

setup(
    name='mmgenprior',
    version=version(),
    description='Image restoration with pre-trained generative priors, on MMagic',
    long_description=long_description(),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    license_files=['LICENSE'],
    python_requires='>=3.10',
    packages=find_packages(include=['mmgenprior', 'mmgenprior.*']),
    package_data={
        'mmgenprior': ['weights/zoo.yml', 'weights/bundled/*', 'classifiers/*.safetensors']
    },
    install_requires=INSTALL_REQUIRES,
    extras_require={
        # setuptools: the tests build the package without an installer.
        'tests': ['pytest>=8', 'pytest-timeout', 'hypothesis', 'setuptools>=77.0.3'],
        'dev': ['ruff', 'pre-commit'],
        # For an environment that must stay on torch 2.2 - 2.5 and has none yet.
        'old-torch': ['torch<2.6', *FOR_OLD_TORCH, *FOR_TORCH_22],
        # mim reads configs from the package; it imports pkg_resources, which setuptools 82 dropped.
        'mim': ['openmim', 'setuptools>=77.0.3,<82'],
    },
    cmdclass={'build_py': build_py_with_mim},
    zip_safe=False,
    classifiers=[
        'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Topic :: Scientific/Engineering :: Image Processing',
    ],
)
