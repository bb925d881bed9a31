"""A module of one's own beside the config that imports it."""

from __future__ import annotations

import json
import sys

import pytest

from mmgenprior.cli.configs import read_config
from mmgenprior.cli.plugins import import_plugins
from mmgenprior.utils.errors import ExitCode

from .conftest import command
from .test_configs import arguments

CONFIG = """
_base_ = 'mmgenprior::bicubic_toyfaces_sr4.py'
custom_imports = dict(imports=['mmgenprior.components', '{module}'], allow_failed_imports=False)
model = dict(type='DarkBicubic')
test_dataloader = dict(dataset=dict(length=2))
"""
PLUGIN = """
from mmagic.registry import MODELS

from mmgenprior.editors.baselines import Bicubic


@MODELS.register_module()
class DarkBicubic(Bicubic):
    def restore(self, batch):
        found = super().restore(batch)
        found.variants = {'dark': image / 2 for image in found.variants.values()}
        return found
"""


@pytest.fixture
def beside(tmp_path):
    """A folder with a config and its module, which is nowhere on Python's path."""
    folder = tmp_path / 'project'
    folder.mkdir()
    (folder / 'mine.py').write_text(CONFIG.format(module='my_parts'))
    (folder / 'my_parts.py').write_text(PLUGIN)
    return folder


def test_check_takes_it_and_tells_what_is_missing(beside, tmp_path):
    done = command('check', beside / 'mine.py', cwd=tmp_path)
    assert done.returncode == 0 and 'is in order: DarkBicubic' in done.stdout, done.stderr
    (beside / 'my_parts.py').rename(beside / 'your_parts.py')
    done = command('check', beside / 'mine.py', cwd=tmp_path)
    assert done.returncode == ExitCode.USAGE and done.stderr.count('\n') == 1
    assert "there is no module 'my_parts': put my_parts.py beside the config" in done.stderr
    assert str(beside) in done.stderr


@pytest.mark.parametrize('name', ['json', 'mmengine'])
def test_a_name_that_is_taken_is_told_or_is_the_packages(name, beside, tmp_path):
    (beside / 'mine.py').write_text(CONFIG.format(module=name))
    (beside / f'{name}.py').touch()
    done = command('check', beside / 'mine.py', cwd=tmp_path)
    if name == 'json':
        assert done.returncode == ExitCode.USAGE
        assert 'Python has a module of that name' in done.stderr and 'rename yours' in done.stderr
    else:
        assert "there is no model 'DarkBicubic'" in done.stderr


def test_one_that_may_be_absent(beside):
    text = CONFIG.format(module='no_such_parts').replace('False', 'True')
    (beside / 'mine.py').write_text(text)
    assert 'plugin_folder' not in read_config(arguments(beside / 'mine.py'))


def test_it_is_imported_from_there_and_hides_nobody(beside, monkeypatch):
    monkeypatch.setattr(sys, 'path', list(sys.path))
    others = len(sys.path)
    cfg = read_config(arguments(beside / 'mine.py'))
    import_plugins(cfg)
    import_plugins(cfg)
    assert sys.path.index(str(beside)) >= others and sys.path.count(str(beside)) == 1
    assert sys.modules.pop('my_parts').__file__ == str(beside / 'my_parts.py')


@pytest.mark.slow
def test_a_run_uses_it_and_so_does_its_copy_in_the_work_dir(beside, tmp_path):
    done = command('test', beside / 'mine.py', '--work-dir', 'out', cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    numbers = json.loads((tmp_path / 'out' / 'metrics.json').read_text())
    copy = tmp_path / 'out' / 'config.py'
    done = command('test', copy, '--work-dir', 'again', cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / 'again' / 'metrics.json').read_text()) == numbers
