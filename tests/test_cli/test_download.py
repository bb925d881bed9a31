"""The zoo on the command line, up to the true 1024×1024 layout."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from loopback import Fault
from PIL import Image
from processor import processor_seconds

from mmgenprior.cli.configs import read_config, set_checkpoint
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.catalogue import PACKAGED
from mmgenprior.weights.hashes import file_sha256

from .conftest import ROOT
from .test_configs import arguments

TOOL = ROOT / 'tools' / 'download.py'
CONTENT = b'weights' * 10_000


@pytest.fixture
def environment(tmp_path, loopback):
    """A catalogue of two entries, ``one`` and ``two``, that ``loopback`` serves."""
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    prior = dict(type='BEGANPrior', generator=dict(type='BEGANGenerator'))
    entries = {
        name: dict(about=name, file=f'{name}.pth', sha256=sha256[:8], prior=prior)
        for name in ('one', 'two')
    }
    for name in entries:
        loopback.files[f'/{name}.pth'] = CONTENT
    own = tmp_path / 'own.yml'
    own.write_text(yaml.safe_dump(dict(base=loopback.url, priors=entries)))
    clean = {k: v for k, v in os.environ.items() if not k.startswith('MGP_')}
    return clean | {'MGP_CATALOGUE': str(own), 'MGP_PRIOR_ROOT': str(tmp_path / 'root')}


def download(*words, **options):
    return subprocess.run([sys.executable, TOOL, *words], capture_output=True, text=True, **options)


@pytest.mark.parametrize('word', ['--list', 'dcgan_toyfaces'])
def test_a_reader_that_stops_needs_no_traceback(word):
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, TOOL, word]
    done = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, '')


def test_answers_at_once_without_torch(environment):
    for words, said in ((['--help'], 'MGP_MIRROR'), (['--list'], 'pggan_celebahq_1024')):
        took = []
        for _ in range(2):
            with processor_seconds() as seconds:
                done = download(*words, env=environment)
            took.append(seconds.seconds)
        assert done.returncode == 0 and said in done.stdout and min(took) < 2
    code = 'import sys; from mmgenprior.cli.main import main; main(["download", "--list"])\n'
    code += 'assert not {"torch", "mmengine", "mmagic", "numpy"} & set(sys.modules)'
    subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, env=environment, check=True, capture_output=True
    )


def test_fetches_and_lists(environment, tmp_path):
    done = download('one', 'two', env=environment)
    files = [tmp_path / 'root' / f'{name}.pth' for name in ('one', 'two')]
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(file) for file in files]
    assert all(file.read_bytes() == CONTENT for file in files)
    done = download('one', '--dir', 'x', '--list', env=environment, cwd=tmp_path)
    rows = {line.split()[0]: line.split()[-1] for line in done.stdout.splitlines() if line.split()}
    assert rows['one'] == 'no' and rows['pggan_celebahq_1024'] == 'no'
    assert (tmp_path / 'x' / 'one.pth').read_bytes() == CONTENT
    rows = download('--list', env=environment).stdout.splitlines()
    assert [line.split()[-1] for line in rows if line.split()[:1] == ['one']] == ['yes']


def test_says_all_about_a_prior(environment, loopback, tmp_path):
    done = download('--about', 'one', 'pggan_bedroom_128', 'dcgan_toyfaces', env=environment)
    assert done.returncode == 0, done.stderr
    own, stock, bundled = done.stdout.split('\n\n')
    assert own.startswith('one\n') and own.count('not said in the catalogue') == 4
    for said in ("MMagic's model zoo", 'Apache-2.0', '92 MB or more', '128×128', 'LSUN'):
        assert said in stock
    assert 'framing            none\n' in stock and 'begins with' in stock
    assert f"down as '{tmp_path}/root/" in ' '.join(stock.split()) and 'MGP_MIRROR' in stock
    assert 'nothing is to be done' in bundled and '3.8 MB' in bundled and '(here)' in bundled
    everything = download('--about', env=environment).stdout.split('\n\n')
    assert [text.split()[0] for text in everything][-1] == 'two' and len(everything) > 20
    assert loopback.log == []


def test_errors_are_one_line(environment, loopback, tmp_path):
    for words, said in (
        (['pggan_celebahq_24'], 'pggan_celebahq_1024'),
        (['one', 'tw'], "'tw' is not in the catalogue"),
    ):
        done = download(*words, env=environment)
        assert done.returncode == 1 and done.stderr.count('\n') == 1 and said in done.stderr
    assert loopback.log == []
    assert download(env=environment).returncode == 2
    blocked = tmp_path / 'a file'
    blocked.touch()
    done = download('one', '--dir', blocked / 'x', env=environment)
    assert done.returncode == 1 and done.stderr.count('\n') == 1 and '--dir' in done.stderr
    loopback.faults = [Fault(status=404)]
    done = download('one', env=environment)
    assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith("error: 'one.pth'")
    assert 'Traceback' not in done.stderr


def test_two_tools_at_once_download_once(environment, loopback, tmp_path):
    loopback.gate.clear()
    words = [sys.executable, TOOL, 'one']
    both = [subprocess.Popen(words, env=environment, stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.stderr.readline() for process in both]
    loopback.gate.set()
    said += [process.communicate(timeout=60)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert len(loopback.log) == 1
    assert sorted(p.name for p in (tmp_path / 'root').iterdir()) == ['one.pth']


def test_checkpoint_of_the_command_line(tmp_path, environment, monkeypatch):
    monkeypatch.setenv('MGP_CATALOGUE', environment['MGP_CATALOGUE'])
    (tmp_path / 'w.pth').touch()
    config = tmp_path / 'c.py'
    for prior, expected in (
        ("'two'", dict(type='zoo', name='two')),
        ("dict(type='zoo', name='two')", dict(type='zoo', name='two')),
        ("dict(type='BEGANPrior', checkpoint='two')", dict(type='BEGANPrior')),
    ):
        config.write_text(f"model = dict(type='IAGAN', prior={prior})")
        for checkpoint in ('one', str(tmp_path / 'w.pth'), 'https://example.org/w-0123abcd.pth'):
            cfg = read_config(arguments(config))
            before = cfg.model.prior
            set_checkpoint(cfg, None)
            assert cfg.model.prior == before
            set_checkpoint(cfg, checkpoint)
            assert cfg.model.prior.to_dict() == dict(expected, checkpoint=checkpoint)
    with pytest.raises(UserError, match='did you mean pggan_celebahq_1024'):
        set_checkpoint(cfg, 'pggan_celebahq')


def runner_checkpoint(generator, discriminator):
    """What MMEngine's Runner stores: EMA, raw weights, discriminator, optimiser, message hub."""
    from mmengine.logging import MessageHub

    hub = MessageHub.get_instance('zoo test')
    for value in (0.5, 0.25):
        hub.update_scalar('train/loss', value)
    hub.update_info('score', np.float64(8.8))
    state = generator.state_dict()
    state_dict = {f'generator_ema.module.{k}': v for k, v in state.items()}
    # The raw weights, were they loaded by mistake, would make a grey image.
    state_dict |= {f'generator.{k}': torch.zeros_like(v) for k, v in state.items()}
    state_dict |= {f'discriminator.{k}': v for k, v in discriminator.state_dict().items()}
    state_dict['generator_ema.steps'] = torch.tensor(3)
    return dict(
        meta=dict(epoch=1, iter=280000, best_score=np.float32(1.5), cfg='a = 1', seed=0),
        state_dict=state_dict,
        message_hub=hub.state_dict(),
        optimizer=dict(generator=torch.optim.Adam([torch.zeros(2)]).state_dict()),
        param_schedulers=[],
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_celebahq_config_fetches_its_prior_and_runs(tmp_path, loopback):
    """The true layout with random weights in the place of MMagic's file."""
    import mmgenprior.components  # noqa: F401  (before mmagic)

    # isort: split
    from mmagic.registry import MODELS

    content = yaml.safe_load(PACKAGED.read_text())
    entry = content['priors']['pggan_celebahq_1024']
    prior = MODELS.build(dict(type='zoo', name='pggan_celebahq_1024', checkpoint=None))
    file = tmp_path / 'served.pth'
    discriminator = MODELS.build(dict(entry['discriminator']))
    torch.save(runner_checkpoint(prior.generator, discriminator), file)
    del discriminator
    entry['sha256'] = file_sha256(file)
    content['priors'] = dict(pggan_celebahq_1024=entry)
    (tmp_path / 'own.yml').write_text(yaml.safe_dump(content))
    (tmp_path / 'celebahq1024').mkdir()
    low = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    photo = Image.fromarray(low).resize((1024, 1024), Image.BICUBIC)
    photo.save(tmp_path / 'celebahq1024' / 'a.png')

    loopback.files[f'/zoo/{entry["file"]}'] = file
    # On the way, the connection breaks once.
    loopback.faults = [Fault(drop_after=file.stat().st_size // 2)]
    clean = {k: v for k, v in os.environ.items() if not k.startswith('MGP_')}
    environment = clean | {
        'MGP_CATALOGUE': str(tmp_path / 'own.yml'),
        'MGP_MIRROR': f'{loopback.url}/zoo',
        'MGP_PRIOR_ROOT': str(tmp_path / 'root'),
        'MGP_DATA_ROOT': str(tmp_path),
    }
    words = [sys.executable, ROOT / 'tools' / 'test.py', 'configs/iagan_celebahq_sr16.py']
    words += ['--work-dir', tmp_path / 'run', '--cfg-options']
    words += ['model.stages.CSGM.iterations=1', 'model.stages.IAGAN.iterations=1']
    words += ['test_evaluator.metrics.9.weights=none.pth']
    start = time.perf_counter()
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    took = time.perf_counter() - start
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    print(f'{file.stat().st_size / 1e6:.0f} MB, {took:.0f} s')
    assert [entry[1] is None for entry in loopback.log] == [True, False]
    cached = tmp_path / 'root' / Path(entry['file']).name
    assert [p.name for p in cached.parent.iterdir()] == [cached.name]
    metrics = json.loads((tmp_path / 'run' / 'metrics.json').read_text())
    assert {'PSNR', 'CSGM/PSNR', 'IAGAN-BP/PSNR'} <= set(metrics)
    assert "LPIPS is left out: checkpoint 'none.pth' not found" in done.stdout + done.stderr
    assert 'LPIPS' not in metrics
    assert all(np.isfinite(value) for value in metrics.values())
    assert Image.open(tmp_path / 'run' / 'restored' / 'a.png').size == (1024, 1024)

    # A wrong file in the cache stops the next run before it computes anything, in one line.
    with open(cached, 'r+b') as opened:
        opened.truncate(1000)
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and 'Traceback' not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith('error: ') and cached.name in last and 'delete it' in last
