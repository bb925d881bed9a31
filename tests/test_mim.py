"""`mim test`, `mim train` and `mim download` on an installed wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
import yaml
from mmengine.config import Config
from test_packaging import ROOT, build, source  # noqa: F401  (the last is a fixture)

from mmgenprior.weights.catalogue import catalogue, find_entry

# mim and what it imports; its downloader of data sets, with its own old pins, is not needed.
MIM = 'openmim setuptools>=77.0.3,<82 model-index Markdown tabulate ordered-set colorama'.split()
ADDRESS = 'https://download.openmmlab.com/mmediting'


def test_weights_of_the_index_are_those_of_the_prior():
    found = 0
    for file in (ROOT / 'configs').glob('metafile*.yml'):
        for model in yaml.safe_load(file.read_text())['Models']:
            config = Config.fromfile(ROOT / model['Config'], import_custom_modules=False)
            prior = config.get('model', {}).get('prior') or {}
            entry = catalogue().get(prior.get('name')) if prior.get('type') == 'zoo' else None
            address = f'{entry.base}/{entry.file}' if entry and entry.base else None
            assert model.get('Weights') == address, model['Name']
            found += address is not None
    assert found > 20


@pytest.fixture(scope='module')
def mim(source, tmp_path_factory):  # noqa: F811
    """Call mim in a place where the wheel is installed."""
    folder = tmp_path_factory.mktemp('mim')
    install = [sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps']
    done = subprocess.run(
        [*install, '--target', folder / 'mim', *MIM], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f'mim cannot be installed here: {done.stderr[-300:]}')
    (folder / 'wheel').mkdir()
    zipfile.ZipFile(build(source, 'wheel', folder / 'wheel')).extractall(folder / 'site')

    def call(*words: str | Path) -> subprocess.CompletedProcess:
        path = os.pathsep.join(map(str, (folder / 'site', folder / 'mim')))
        return subprocess.run(
            [sys.executable, '-W', 'ignore', '-m', 'mim', *map(str, words)],
            cwd=folder,
            env=os.environ | {'PYTHONPATH': path},
            capture_output=True,
            text=True,
            timeout=600,
        )

    call.folder = folder
    return call


def ok(done: subprocess.CompletedProcess) -> str:
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


@pytest.mark.slow
def test_mim_test(mim):
    few = 'test_dataloader.dataset.length=2'
    config = 'bicubic_toyfaces_sr4.py'
    words = [config, '--checkpoint', 'none', '--work-dir', 'out', '--cfg-options', few]
    said = ok(mim('test', 'mmgenprior', *words))
    assert str(mim.folder / 'site' / 'mmgenprior' / '.mim') in said
    assert (mim.folder / 'out' / 'metrics.json').is_file()


@pytest.mark.slow
def test_mim_train(mim):
    small = [
        'train_cfg.max_iters=2',
        'train_dataloader.batch_size=4',
        'train_dataloader.num_workers=0',
        'train_dataloader.persistent_workers=False',
        'train_dataloader.dataset.length=8',
    ]
    words = ['dcgan_toyfaces.py', '--work-dir', 'trained', '--cfg-options', *small]
    ok(mim('train', 'mmgenprior', *words))
    assert (mim.folder / 'trained' / 'iter_2.pth').is_file()


@pytest.mark.slow
def test_mim_download(mim, loopback):
    """The prior's file and the config, from a server on this machine in place of OpenMMLab's."""
    entry = find_entry('dcgan_celeba_64')
    saved = mim.folder / 'weights.pth'
    torch.save({'generator.x': torch.zeros(1)}, saved)
    loopback.files[f'/{entry.file}'] = saved
    index = mim.folder / 'site' / 'mmgenprior' / '.mim' / 'configs' / 'metafile_mapd.yml'
    index.write_text(index.read_text().replace(ADDRESS, loopback.url))
    words = ['--config', 'mapd_celeba64_inpaint', '--dest', 'fetched']
    ok(mim('download', 'mmgenprior', *words))
    folder = mim.folder / 'fetched'
    assert (folder / entry.file_name).read_bytes() == saved.read_bytes()
    config = Config.fromfile(folder / 'mapd_celeba64_inpaint.py', import_custom_modules=False)
    assert config.model.type == 'MAPD' and config.model.prior.name == 'dcgan_celeba_64'
