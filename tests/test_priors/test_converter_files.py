"""Conversion from file to file and by the command line."""

import resource
import runpy
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from mmgenprior import converters
from mmgenprior.priors import CheckpointError, load_generator
from mmgenprior.weights.reading import read_checkpoint

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
    folder = tmp_path / 'folder.pth'
    folder.mkdir()
    for target, message in (
        (tmp_path / 'new.bin', 'ends in .safetensors or .pth'),
        (tmp_path / 'none' / 'new.pth', 'there is no folder'),
        (source, 'is the source itself'),
        (folder, 'is a folder'),
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
    for prefix in ({}, {'module.w': torch.zeros(2)}):
        torch.save({**prefix, 1: torch.zeros(2)}, tmp_path / 'odd.pth')
        with pytest.raises(CheckpointError, match='odd.pth.*keys that are no text: 1'):
            converters.convert_file(converter, tmp_path / 'odd.pth', tmp_path / 'new.pth')
    assert source.read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} == {'official.pth', 'odd.pth', 'folder.pth'}


@pytest.mark.parametrize(
    ('make', 'said'),
    [
        (lambda v: v * float('nan'), r'not finite \(nan or inf\): embed1.bias$'),
        (lambda v: v.long(), r'no floating-point numbers: embed1.bias \(int64\)$'),
    ],
)
def test_weights_that_are_no_numbers_are_refused(make, said, tmp_path):
    state = dict(official.began_state(4))
    state['embed1.bias'] = make(state['embed1.bias'])
    torch.save(state, tmp_path / 'odd.pth')
    with pytest.raises(CheckpointError, match=f"odd.pth' is .*{said}"):
        converters.convert_file(
            converters.convert_began, tmp_path / 'odd.pth', tmp_path / 'new.pth'
        )
    assert not (tmp_path / 'new.pth').exists()


@contextmanager
def full_disk():
    """No file may grow beyond a thousand bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize('name', ['new.pth', 'new.safetensors'])
def test_a_failed_write_leaves_the_old_file(name, tmp_path):
    target = tmp_path / name
    target.write_bytes(b'old')
    with full_disk(), pytest.raises(CheckpointError, match='File too large.*make room') as error:
        converters.write_state({'a': torch.ones(10_000)}, target)
    assert str(target) in str(error.value) and '\n' not in str(error.value)
    assert target.read_bytes() == b'old' and [*tmp_path.iterdir()] == [target]


@pytest.mark.parametrize('name', ['o.pth', 'o.safetensors'])
def test_a_folder_that_takes_no_file(name):
    target = Path('/proc/self') / name
    if not target.parent.is_dir():
        pytest.skip('no /proc')
    with pytest.raises(CheckpointError, match=f"'/proc/self/{name}' cannot be written") as error:
        converters.write_state({'a': torch.ones(2)}, target)
    assert '\n' not in str(error.value)


def test_weights_and_config_are_written_together_or_not_at_all(tmp_path):
    source, target = tmp_path / 'official.pth', tmp_path / 'new.pth'
    torch.save(official.began_state(4), source)
    config = Path('/proc/self/new.py')
    if not config.parent.is_dir():
        pytest.skip('no /proc')
    with pytest.raises(CheckpointError, match=f"'{config}' cannot be written"):
        converters.convert_file(converters.convert_began, source, target, config)
    assert [*tmp_path.iterdir()] == [source]


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


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['none.pth', 'new.pth'], "error: checkpoint 'none.pth' not found"),
        (['.', 'new.pth'], "error: checkpoint '.' is a folder"),
        (['old.pth', 'new.txt'], "error: target 'new.txt': use a name that ends in"),
        (['old.pth', 'new.pth', '--config-out', 'c'], "error: --config-out 'c': use a name"),
    ],
)
def test_usage_errors_answer_within_two_seconds(words, said, tmp_path):
    (tmp_path / 'old.pth').touch()
    command = [sys.executable, ROOT / 'tools' / 'converters' / 'began.py', *words]
    took = []
    for _ in range(2):
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        took.append(time.perf_counter() - start)
    assert done.returncode == 1 and done.stderr.startswith(said) and done.stderr.count('\n') == 1
    assert min(took) < 2


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
