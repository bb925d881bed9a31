"""Mistakes in configs are found before torch is imported, and nothing else is called one."""

from __future__ import annotations

import copy
import functools
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import pytest
from mmengine.config import Config

from mmgenprior.cli.checking.check import check, mistakes
from mmgenprior.cli.checking.schema import FILE
from mmgenprior.utils.errors import ConfigError, ExitCode

from .config_mistakes import MISTAKES, REMOVED
from .conftest import ROOT

CONFIGS = sorted((ROOT / 'configs').glob('*.py'))


@functools.cache
def _read(name: str) -> dict[str, Any]:
    path = ROOT / 'configs' / f'{name}.py'
    return Config.fromfile(path, import_custom_modules=False)._cfg_dict.to_dict()


def changed(name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """One of our configs with some keys set or removed."""
    cfg = copy.deepcopy(_read(name))
    for dotted, value in changes.items():
        *path, last = (int(part) if part.isdigit() else part for part in dotted.split('.'))
        node = functools.reduce(lambda inner, key: inner[key], path, cfg)
        if value is REMOVED:
            del node[last]
        else:
            node[last] = value
    return cfg


def test_there_are_many_mistakes():
    assert len(MISTAKES) >= 140


@pytest.mark.parametrize(('name', 'changes', 'said'), MISTAKES, ids=lambda v: str(v)[:50])
def test_a_mistake_is_named_by_its_path(name, changes, said):
    cfg = changed(name, changes)
    with pytest.raises(ConfigError) as error:
        check(cfg, name)
    line = str(error.value)
    assert said in line and line.startswith(f"config '{name}': ") and '\n' not in line
    assert error.value.exit_code is ExitCode.USAGE
    assert list(changes)[0].split('.')[0] in line


def test_every_config_of_ours_is_in_order():
    began = time.perf_counter()
    found = {path.stem: mistakes(_read(path.stem)) for path in CONFIGS}
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert len(found) > 200
    print(f'{len(found)} configs in {time.perf_counter() - began:.1f} s, reading included')


def test_hints_of_the_framework_do_not_forbid_what_its_code_takes():
    # It says 'int', and grows as well after thousandths of a thousand images.
    assert mistakes(changed('pggan_toyfaces', {'model.transition_kimgs': 0.004})) == []


def test_a_config_must_be_good_for_its_command():
    assert mistakes(_read('iagan_toyfaces_sr4'), 'test') == []
    assert mistakes(_read('dcgan_toyfaces'), 'train') == []
    (line,) = mistakes(_read('dcgan_toyfaces'), 'test')
    assert line == "'test_dataloader' is missing: it trains, use `mmgenprior train`"
    (line,) = mistakes(_read('iagan_toyfaces_sr4'), 'train')
    assert line == "'train_cfg' is missing: it restores, use `mmgenprior test`"


def test_types_of_others_are_theirs():
    """What a user's module registers is not known here, what is around it is."""
    own = {'custom_imports': {'imports': ['mmgenprior.components', 'my.parts']}}
    mine = {'model.type': 'MyMethod', 'model.anything': [1], 'custom_hooks': [{'type': 'Mine'}]}
    assert mistakes(changed('iagan_toyfaces_sr4', {**mine, **own})) == []
    assert len(mistakes(changed('iagan_toyfaces_sr4', mine))) == 2
    worse = {**mine, **own, 'test_dataloader.batch_size': 'x'}
    assert len(mistakes(changed('iagan_toyfaces_sr4', worse))) == 1


def test_objects_of_code_and_scopes_pass():
    class Anything:
        pass

    changes = {
        'model.start': Anything(),
        'model.type': 'mmgenprior.IAGAN',
        'test_evaluator.metrics': [{'type': Anything}, {'type': 'mmagic.PSNR'}],
        'model.restarts': 1,
    }
    assert mistakes(changed('iagan_toyfaces_sr4', changes)) == []


def test_all_mistakes_are_listed_and_the_first_is_told():
    cfg = changed('iagan_toyfaces_sr4', {'model.lanes': 'x', 'model.seed': 'y'})
    assert len(mistakes(cfg)) == 2
    with pytest.raises(ConfigError, match=r'\(1 more: `mmgenprior check` lists all\)'):
        check(cfg, 'c')


@pytest.mark.slow
def test_the_shipped_schema_is_that_of_the_code():
    # In a process of its own: other tests register components of theirs.
    code = 'from mmgenprior.cli.checking.generate import dump, generate; print(dump(generate()))'
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    text = done.stdout[done.stdout.index('{') : -1]
    made, shipped = json.loads(text), json.loads(FILE.read_text(encoding='utf-8'))
    hint = 'run `python -m mmgenprior.cli.checking.generate`'
    if made['stack'] == shipped['stack']:
        assert text == FILE.read_text(encoding='utf-8'), hint
    # With other releases of the framework what is ours is still the same.
    assert shipped['records'] == made['records'], hint
    for registry, name in (('model', 'IAGAN'), ('physics', 'BoxMask'), ('noise', 'GaussianNoise')):
        assert shipped['types'][registry][name] == made['types'][registry][name], hint
