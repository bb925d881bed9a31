"""Conversion from file to file and by the command line."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mmgenprior import converters
from mmgenprior.priors import CheckpointError, load_generator
from mmgenprior.priors.checkpoint import read_checkpoint

from . import official_networks as official
from .conftest import build

ROOT = Path(__file__).parents[2]


@pytest.fixture
def convert(monkeypatch):
    """Run a converter's command line in this process."""

    def run(tool, *arguments):
        path = str(ROOT / 'tools' / 'converters' / f'{tool}.py')
        monkeypatch.setattr(sys, 'path', ['', *sys.path])
        monkeypatch.setattr(sys, 'argv', [path, *map(str, arguments)])
        runpy.run_path(path, run_name='__main__')

    return run


@pytest.mark.parametrize('ending', ['safetensors', 'pth'])
@pytest.mark.parametrize('wrapped', ['plain', 'state_dict', 'module'])
def test_files(wrapped, ending, tmp_path):
    state = official.ptrblck_state(8, (8, 8, 4))
    content = {
        'plain': state,
        'state_dict': {'state_dict': state, 'epoch': 3},
        'module': {f'module.{key}': value for key, value in state.items()},
    }[wrapped]
    torch.save(content, tmp_path / 'official.pth')
    target, config = tmp_path / f'new.{ending}', tmp_path / 'config.py'
    converter = converters.convert_pggan_ptrblck
    text = converters.convert_file(converter, tmp_path / 'official.pth', target, config)
    assert config.read_text() == text
    assert {p.name for p in tmp_path.iterdir()} == {'official.pth', target.name, 'config.py'}
    assert target.stat().st_mode == (tmp_path / 'official.pth').stat().st_mode
    found = {}
    exec(text, found)
    prior = build(found['prior'])
    z = torch.randn(2, 8, generator=torch.Generator().manual_seed(9))
    wanted = (official.ptrblck(state, z) + 1) / 2
    assert torch.allclose(prior({'z': z}), wanted, atol=1e-4)
    stored = read_checkpoint(target)
    assert stored['conv_blocks.0.conv.weight_orig'].dtype == torch.float64
    converters.convert_file(converter, tmp_path / 'official.pth', target, dtype=torch.float32)
    assert {v.dtype for v in read_checkpoint(target).values()} == {torch.float32}
    load_generator(prior.generator, target)


def test_files_that_are_refused(tmp_path):
    source = tmp_path / 'official.pth'
    converter = converters.convert_began
    torch.save(official.began_state(4), source)
    before = source.read_bytes()
    for target, message in (
        (tmp_path / 'new.bin', 'ends in .safetensors or .pth'),
        (tmp_path / 'none' / 'new.pth', 'there is no folder'),
        (source, 'is the source itself'),
    ):
        with pytest.raises(CheckpointError, match=message):
            converters.convert_file(converter, source, target)
    with pytest.raises(CheckpointError, match='ends in .py'):
        converters.convert_file(converter, source, tmp_path / 'new.pth', tmp_path / 'new.yml')
    with pytest.raises(CheckpointError, match='not found'):
        converters.convert_file(converter, tmp_path / 'none.pth', tmp_path / 'new.pth')
    torch.save({'a': 3.0}, tmp_path / 'odd.pth')
    with pytest.raises(CheckpointError, match='odd.pth.*no tensors: a'):
        converters.convert_file(converter, tmp_path / 'odd.pth', tmp_path / 'new.pth')
    assert source.read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} == {'official.pth', 'odd.pth'}


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / 'new.pth'
    target.write_bytes(b'old')

    def full(content, path):
        Path(path).write_bytes(b'half')
        raise OSError('No space left on device')

    monkeypatch.setattr(torch, 'save', full)
    with pytest.raises(OSError, match='No space'):
        converters.write_state({'a': torch.ones(2)}, target)
    assert target.read_bytes() == b'old' and [*tmp_path.iterdir()] == [target]


def test_help_needs_no_framework():
    tools = sorted((ROOT / 'tools' / 'converters').glob('*.py'))
    assert len(tools) == 6
    code = """
import runpy, sys
for tool in sys.argv[1:]:
    sys.argv = [tool, '--help']
    try:
        runpy.run_path(tool, run_name='__main__')
    except SystemExit as done:
        assert done.code == 0
assert not {'torch', 'mmagic', 'numpy'} & set(sys.modules)
"""
    command = [sys.executable, '-c', code, *map(str, tools)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('--config-out') == 2 * len(tools)  # in the usage and in the list


def test_commands(convert, tmp_path, capsys):
    torch.save(official.biggan_d_state((16,) * 4, [], 2), tmp_path / 'D.pth')
    convert('biggan_discriminator', tmp_path / 'D.pth', tmp_path / 'new.safetensors')
    text = capsys.readouterr().out
    assert 'discriminator = dict(' in text and 'input_scale=32' in text
    assert read_checkpoint(tmp_path / 'new.safetensors')['decision.bias'].shape == (1,)
    with pytest.raises(SystemExit) as error:
        convert('began', tmp_path / 'D.pth', tmp_path / 'other.pth')
    line = str(error.value.code)
    assert line.startswith('error: checkpoint') and '\n' not in line
    assert "D.pth' is not in BEGAN's layout: missing keys: embed1.weight" in line
    assert not (tmp_path / 'other.pth').exists()


def test_debug_shows_the_error(convert, tmp_path):
    with pytest.raises(CheckpointError, match='not found'):
        convert('began', tmp_path / 'none.pth', tmp_path / 'other.pth', '--debug')
