"""Configs are found by name, read with their overrides, and given a checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from mmgenprior.cli.arguments import add_config_arguments
from mmgenprior.cli.configs import find_config, read_config, set_checkpoint
from mmgenprior.utils.errors import UserError

from .conftest import ROOT

CONFIG = """
default_scope = 'mmagic'
model = dict(type='IAGAN', prior=dict(type='BEGANPrior', checkpoint=None), seed=0)
test_dataloader = dict(dataset=dict(pipeline=[dict(type='A'), dict(type='B')]))
"""


def test_misspelt_config_names_the_nearest(tmp_path):
    (tmp_path / 'iagan_faces_sr4.py').write_text('')
    (tmp_path / 'other.py').write_text('')
    with pytest.raises(UserError, match='iagan_faces_sr4') as error:
        find_config(str(tmp_path / 'iagan_face_sr4.py'))
    assert 'other' not in str(error.value)


def test_own_config_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = sorted((ROOT / 'configs').glob('*.py'))[0].stem
    for given in (name, f'{name}.py', f'configs/{name}.py', f'configs/{name}'):
        assert find_config(given) == ROOT / 'configs' / f'{name}.py'
    for given in (f'config/{name}.py', f'./elsewhere/{name}', name[:-1]):
        with pytest.raises(UserError, match='not found'):
            find_config(given)


def arguments(config: Path, *args: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_config_arguments(parser)
    return parser.parse_args([str(config), *args])


def test_work_dir_comes_from_the_command_line_then_the_config_then_its_name(tmp_path):
    config = tmp_path / 'thing.py'
    config.write_text(CONFIG)
    assert Path(read_config(arguments(config)).work_dir) == Path('work_dirs/thing')
    config.write_text(CONFIG + "work_dir = 'mine'\n")
    assert read_config(arguments(config)).work_dir == 'mine'
    assert read_config(arguments(config, '--work-dir', 'yours')).work_dir == 'yours'


def test_checkpoint_goes_to_the_prior_or_to_the_model(tmp_path):
    weights = tmp_path / 'w.pth'
    weights.touch()
    config = tmp_path / 'thing.py'
    config.write_text(CONFIG)
    cfg = read_config(arguments(config))
    for absent in (None, 'none', 'None'):
        set_checkpoint(cfg, absent)
        assert cfg.model.prior.checkpoint is None and cfg.get('load_from') is None
    set_checkpoint(cfg, str(weights))
    assert cfg.model.prior.checkpoint == str(weights) and cfg.get('load_from') is None

    config.write_text("model = dict(type='DCGAN')\n")
    cfg = read_config(arguments(config))
    set_checkpoint(cfg, str(weights))
    assert cfg.load_from == str(weights)


def test_overrides_are_typed_and_misspelt_ones_caught(tmp_path, capsys):
    config = tmp_path / 'thing.py'
    config.write_text(CONFIG)

    def load(*options):
        return read_config(arguments(config, '--cfg-options', *options))

    cfg = load('model.seed=7', 'test_dataloader.dataset.pipeline.1.type=C', 'randomness.seed=3')
    assert cfg.model.seed == 7 and cfg.randomness.seed == 3
    assert [t.type for t in cfg.test_dataloader.dataset.pipeline] == ['A', 'C']
    assert capsys.readouterr().err == ''

    assert load('model.sed=[1,2]').model.sed == [1, 2]
    assert capsys.readouterr().err == (
        "note: --cfg-options adds 'sed' to 'model' (did you mean seed?)\n"
    )
    for option, message in {
        'modell.seed=1': r"no 'modell' \(did you mean model\?\)",
        'model.seed.x=1': "'model.seed' is a single value",
        'test_dataloader.dataset.pipeline.2.type=C': r"'2' is not an index in 0\.\.1",
    }.items():
        with pytest.raises(UserError, match=message):
            load(option)
