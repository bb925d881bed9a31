"""MMagic on demand: nothing is imported that is not asked for, and nothing is missing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mmgenprior.stock import FILE

ROOT = Path(__file__).resolve().parents[1]


def answers(code: str) -> list[str]:
    """Lines that a new process prints."""
    start = 'import sys\nfrom mmgenprior.stock import import_on_demand\nimport_on_demand()\n'
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', start + code],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_run_imports_what_it_needs():
    lines = answers(
        """
import mmgenprior.components
from mmagic.registry import METRICS, MODELS
print(MODELS.get('DCGANGenerator').__module__, METRICS.get('PSNR').__module__)
print(MODELS.get('BaseDataPreprocessor').__name__, MODELS.get('mmagic.IAGAN').__name__)
heavy = 'diffusers pandas albumentations scipy.stats torch._dynamo skimage.measure'.split()
print([name for name in heavy if name in sys.modules])
from mmagic.models import BaseGAN
from mmagic.models.editors import dcgan
print(BaseGAN.__module__, dcgan.__name__, 'diffusers' in sys.modules)
"""
    )
    assert lines == [
        'mmagic.models.editors.dcgan.dcgan_generator mmagic.evaluation.metrics.psnr',
        'BaseDataPreprocessor IAGAN',
        '[]',
        'mmagic.models.base_models.base_gan mmagic.models.editors.dcgan False',
    ]


@pytest.mark.slow
def test_nothing_is_missing():
    lines = answers(
        """
import mmgenprior.components
import mmagic.models
from mmagic.registry import DIFFUSION_SCHEDULERS, MODELS
print(MODELS.get('StableDiffusion').__name__)
print(DIFFUSION_SCHEDULERS.get('DDIMScheduler') is not None)
print(MODELS.get('NoSuchModel'), 'mmagic.models.editors.vico' in sys.modules)
print('BaseGAN' in mmagic.models.__all__, mmagic.models.StyleGAN3.__name__)
try:
    mmagic.models.nothing
except AttributeError as error:
    print(error)
"""
    )
    assert lines[-5:] == [
        'StableDiffusion',
        'True',
        'None True',
        'True StyleGAN3',
        "module 'mmagic.models' has no attribute 'nothing'",
    ]


@pytest.mark.slow
def test_the_shipped_types_are_those_of_the_code():
    from mmgenprior.cli.checking.stock_types import dump, stock_types

    made = stock_types()
    if made['mmagic'] != json.loads(FILE.read_text(encoding='utf-8'))['mmagic']:
        pytest.skip('written with another MMagic, with which nothing is put off')
    hint = 'run `python -m mmgenprior.cli.checking.stock_types`'
    assert dump(made) == FILE.read_text(encoding='utf-8'), hint
