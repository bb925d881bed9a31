"""Conversion from file to file."""

import resource
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from mmgenprior import converters
from mmgenprior.priors import CheckpointError, load_generator
from mmgenprior.weights.reading import read_checkpoint
from mmgenprior.weights.writing import write_state

from . import official_networks as official
from .conftest import build


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
        write_state({'a': torch.ones(10_000)}, target)
    assert str(target) in str(error.value) and '\n' not in str(error.value)
    assert target.read_bytes() == b'old' and [*tmp_path.iterdir()] == [target]


@pytest.mark.parametrize('name', ['o.pth', 'o.safetensors'])
def test_a_folder_that_takes_no_file(name):
    target = Path('/proc/self') / name
    if not target.parent.is_dir():
        pytest.skip('no /proc')
    with pytest.raises(CheckpointError, match=f"'/proc/self/{name}' cannot be written") as error:
        write_state({'a': torch.ones(2)}, target)
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
