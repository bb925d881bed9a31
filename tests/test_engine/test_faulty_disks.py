"""Disks that are full, read-only or gone in the middle of a run."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess

import pytest
from mmagic.registry import HOOKS
from mmengine.hooks import Hook

from mmgenprior.cli.explain import explain
from mmgenprior.ledger.entries import decode
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.image_io import read_image

from .conftest import make_config, run
from .test_going_on import KEYS, contents

FAULTS = {}


@HOOKS.register_module()
class FaultHook(Hook):
    """Does something to the work dir before an image is saved."""

    priority = 'VERY_HIGH'

    def __init__(self, fault, image=2):
        self.fault, self.image = fault, image

    def after_test_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if batch_idx == self.image and self.fault.startswith('saving '):
            FAULTS[self.fault](runner.work_dir)

    def before_test_iter(self, runner, batch_idx, data_batch=None):
        if batch_idx == self.image and not self.fault.startswith('saving '):
            FAULTS[self.fault](runner.work_dir)


def fault(name):
    def note(function):
        FAULTS[name] = function
        return function

    return note


@fault('moved')
def _move(work_dir):
    os.rename(work_dir, f'{work_dir}.moved')


@fault('deleted')
def _delete(work_dir):
    shutil.rmtree(work_dir)


@fault('another')
def _another(work_dir):
    os.rename(work_dir, f'{work_dir}.moved')
    os.mkdir(work_dir)


@fault('saving full')
def _full(work_dir):
    with open(os.path.join(work_dir, 'filling'), 'wb', buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


@fault('saving read-only')
def _read_only(work_dir):
    # A disk with a file that is open for writing cannot be made so: another one is laid over.
    mount(os.path.join(work_dir, 'restored'), 'ro')


def mount(folder, options):
    command = ['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', folder]
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


@fault('saving small files')
def _small_files(work_dir):
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, hard))


@pytest.fixture
def whole(photos, tmp_path):
    run(config(photos, tmp_path / 'whole' / 'out'))
    return contents(tmp_path / 'whole' / 'out')


def config(photos, work_dir, fault=None, image=2):
    made = make_config(photos, work_dir, batch_size=1)
    if fault is not None:
        made['custom_hooks'] = [dict(type='FaultHook', fault=fault, image=image)]
    return made


def line_of(photos, work_dir, fault, image=2):
    """What the command would say."""
    with pytest.raises((UserError, OSError)) as raised:
        run(config(photos, work_dir, fault, image))
    line = explain(raised.value)
    assert line and '\n' not in line
    return line


def nothing_is_half(work_dir, images):
    """Pictures can be read, lines too, and no temporary file is left."""
    names = [path for path in work_dir.rglob('*') if path.is_file()]
    assert not [path for path in names if path.name.endswith('.tmp')]
    restored = list((work_dir / 'restored').rglob('*.png'))
    for picture in restored:
        assert read_image(picture).shape == (32, 32, 3)
    lines = (work_dir / 'parts' / 'rank0.jsonl').read_bytes().splitlines()
    assert len([decode(line) for line in lines if decode(line)]) == len(lines) == images
    assert not (work_dir / 'metrics.json').exists()


@pytest.fixture
def disk(tmp_path):
    """A file system of its own, two megabytes large."""
    folder = tmp_path / 'disk'
    folder.mkdir()
    if not mount(folder, 'size=2m'):
        pytest.skip('file systems cannot be mounted here')
    yield folder
    subprocess.run(['umount', '-l', folder], check=True)


@pytest.mark.parametrize('fault', ['moved', 'deleted', 'another'])
def test_a_work_dir_that_vanishes(fault, photos, whole, tmp_path):
    out = tmp_path / 'out'
    line = line_of(photos, out, fault)
    assert f"the work dir '{out}' has vanished" in line
    # Nothing was made in its place.
    left = sorted(p.name for p in out.rglob('*') if p.is_file()) if out.exists() else []
    assert left == []
    if fault == 'deleted':
        return
    shutil.rmtree(out, ignore_errors=True)
    os.rename(f'{out}.moved', out)
    nothing_is_half(out, 2)
    run(config(photos, out))
    assert contents(out) == whole


def test_a_disk_that_fills_up(photos, whole, disk):
    out = disk / 'out'
    line = line_of(photos, out, 'saving full')
    assert 'Cannot write' in line and 'No space left on device' in line
    nothing_is_half(out, 2)
    (out / 'filling').unlink()
    run(config(photos, out))
    assert contents(out) == whole


def test_a_disk_that_is_full_from_the_start(photos, disk):
    _full(disk)
    line = line_of(photos, disk / 'out', None)
    assert 'No space left on device' in line
    assert not (disk / 'out' / 'parts').exists()


def test_a_disk_that_becomes_read_only(photos, whole, disk):
    out = disk / 'out'
    line = line_of(photos, out, 'saving read-only')
    assert 'Cannot write' in line and 'Read-only file system' in line
    subprocess.run(['umount', '-l', out / 'restored'], check=True)
    nothing_is_half(out, 2)
    run(config(photos, out))
    assert contents(out) == whole


def test_a_disk_that_is_read_only_from_the_start(photos, disk, tmp_path):
    out = disk / 'out'
    out.mkdir()
    assert mount(out, 'ro')
    line = line_of(photos, out, None)
    subprocess.run(['umount', '-l', out], check=True)
    assert 'Read-only file system' in line and str(out) in line and not list(out.iterdir())


def test_a_file_that_may_not_grow(photos, whole, tmp_path):
    """The system's own limit, which every user can set."""
    out, before = tmp_path / 'out', resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        line = line_of(photos, out, 'saving small files')
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert 'Cannot write' in line and 'File too large' in line
    nothing_is_half(out, 2)
    run(config(photos, out))
    assert contents(out) == whole
    assert json.loads((out / 'metrics.json').read_text()) and len(KEYS) == 5


def test_a_link_in_the_work_dir_leads_nowhere_else(photos, tmp_path):
    out, elsewhere = tmp_path / 'out', tmp_path / 'elsewhere'
    (out / 'restored').mkdir(parents=True)
    elsewhere.mkdir()
    (out / 'restored' / 'sub').symlink_to(elsewhere)
    with pytest.raises(UserError, match='is a link that leads out of'):
        run(config(photos, out))
    assert not list(elsewhere.iterdir())
    # The work dir itself may be one.
    (tmp_path / 'link').symlink_to(tmp_path / 'real')
    (tmp_path / 'real').mkdir()
    run(config(photos, tmp_path / 'link'))
    assert (tmp_path / 'real' / 'restored' / 'sub' / 'a.png').is_file()


def test_nothing_is_written_through_a_link(tmp_path):
    from mmgenprior.utils.files import write_atomically

    (tmp_path / 'victim').write_text('mine')
    (tmp_path / 'a.txt').symlink_to('victim')
    write_atomically(tmp_path / 'a.txt', b'new')
    assert (tmp_path / 'victim').read_text() == 'mine'
    assert (tmp_path / 'a.txt').read_bytes() == b'new' and not (tmp_path / 'a.txt').is_symlink()
