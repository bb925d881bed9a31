"""Official checkpoints converted on the command line."""

from __future__ import annotations

import pytest
import torch
from test_priors import official_networks as official

from mmgenprior.cli.main import main
from mmgenprior.converters import KINDS
from mmgenprior.priors import CheckpointError
from mmgenprior.utils.errors import ExitCode
from mmgenprior.weights.reading import read_checkpoint

from .conftest import tool


def convert(*words: object) -> ExitCode:
    """The command, in this process."""
    return main(['convert', *map(str, words)])


@pytest.fixture
def discriminator(tmp_path):
    path = tmp_path / 'D.pth'
    torch.save(official.biggan_d_state((16,) * 4, [], 2), path)
    return path


@pytest.mark.parametrize('kind', [['biggan-discriminator'], ['auto'], []])
def test_converts_a_file_of_a_named_or_found_kind(kind, discriminator, tmp_path, capsys):
    target, config = tmp_path / 'new.safetensors', tmp_path / 'new.py'
    assert convert(*kind, discriminator, target, '--config-out', config) is ExitCode.OK
    first, text = capsys.readouterr().out.split('\n', 1)
    assert first == f'# wrote {target}' and text == config.read_text()
    assert text.startswith('discriminator = dict(') and 'input_scale=32' in text
    assert read_checkpoint(target)['decision.bias'].shape == (1,)


def test_keys_behind_module_and_another_precision(discriminator, tmp_path):
    state = torch.load(discriminator, weights_only=True)
    torch.save({f'module.{key}': value for key, value in state.items()}, discriminator)
    assert convert(discriminator, tmp_path / 'new.pth', '--dtype', 'float64') is ExitCode.OK
    assert read_checkpoint(tmp_path / 'new.pth')['decision.bias'].dtype == torch.float64


def test_another_layout_is_refused_in_one_line(discriminator, tmp_path, capsys):
    target = tmp_path / 'other.pth'
    assert convert('began', discriminator, target) is ExitCode.ERROR
    line = capsys.readouterr().err
    assert line.startswith('error: checkpoint') and line.count('\n') == 1
    assert "D.pth' is not in BEGAN's layout: missing keys: embed1.weight" in line
    torch.save({'conv.weight': torch.ones(2)}, discriminator)
    assert convert(discriminator, target) is ExitCode.ERROR
    line = capsys.readouterr().err
    assert line.startswith('error: checkpoint') and line.count('\n') == 1
    assert "D.pth' is in no layout that is known" in line and all(kind in line for kind in KINDS)
    assert not target.exists()


def test_a_misspelt_kind_lists_them_all(discriminator, tmp_path, capsys):
    with pytest.raises(SystemExit) as error:
        convert('begann', discriminator, tmp_path / 'other.pth')
    assert error.value.code == ExitCode.USAGE
    text = capsys.readouterr().err.splitlines()[-1]
    assert 'begann' in text and all(kind in text for kind in KINDS)


def test_debug_shows_the_error(tmp_path):
    with pytest.raises(CheckpointError, match='not found'):
        convert('began', tmp_path / 'none.pth', tmp_path / 'other.pth', '--debug')


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['none.pth', 'new.pth'], "error: checkpoint 'none.pth' not found"),
        (['.', 'new.pth'], "error: checkpoint '.' is a folder"),
        (['old.pth', 'new.txt'], "error: target 'new.txt': use a name that ends in"),
        (['old.pth', 'new.pth', '--config-out', 'c'], "error: --config-out 'c': use a name"),
    ],
)
@pytest.mark.parametrize('kind', [['began'], []])
def test_usage_errors_answer_within_two_seconds(kind, words, said, tmp_path):
    (tmp_path / 'old.pth').touch()
    status, _, err, took = tool('convert.py', *kind, *words, cwd=tmp_path)
    assert status == 1 and err.startswith(said) and err.count('\n') == 1
    assert took < 2
