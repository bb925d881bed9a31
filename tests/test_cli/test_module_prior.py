"""One's own generator through the real command: a VAE's decoder and TorchScript."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow

DECODER = """
import torch
from torch import nn


class Decoder(nn.Module):
    '''Latents Bx4x8x8 to images Bx3x64x64 in [-1, 1].'''

    def __init__(self, width=8):
        super().__init__()
        self.first = nn.Conv2d(4, width, 3, padding=1)
        self.up = nn.ModuleList(
            nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 3, padding=1))
            for _ in range(3)
        )
        self.last = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, z):
        x = self.first(z)
        for part in self.up:
            x = part(x).relu()
        return torch.tanh(self.last(x))
"""
CONFIG = """
_base_ = [
    '{root}/configs/_base_/runtime/default.py',
    '{root}/configs/_base_/data/toyfaces.py',
    '{root}/configs/_base_/degradations/sr4.py',
]
model = {model}
test_dataloader = dict(dataset=dict(degradation=_base_.degradation, indices=2))
"""
METHODS = {
    'CSGM': dict(stages=dict(CSGM=dict(iterations=4)), restarts=2, back_projection=True),
    'IAGAN': dict(
        stages=dict(
            CSGM=dict(iterations=3), IAGAN=dict(iterations=3, weight_lr=[1e-3, 1e-4, 1e-4])
        ),
        back_projection=True,
    ),
    'GaussNewton': dict(
        stages=dict(
            descent=dict(iterations=4),
            features=dict(iterations=2),
            adapted=dict(iterations=3, weight_lr=1e-3),
            sampled=dict(iterations=3, weight_lr=1e-3),
        ),
    ),
}
VARIANTS = {'CSGM': 'CSGM-BP', 'IAGAN': 'IAGAN-BP', 'GaussNewton': 'sample'}


@pytest.fixture(scope='module')
def priors(tmp_path_factory):
    """Their configs, and the folder of their files."""
    folder = tmp_path_factory.mktemp('own')
    (folder / 'vae.py').write_text(DECODER)
    names = {}
    exec(DECODER, names)
    torch.manual_seed(0)
    torch.save(names['Decoder'](width=6).state_dict(), folder / 'vae.pth')
    generator = torch.nn.Sequential(
        torch.nn.Linear(12, 8 * 16 * 16),
        torch.nn.Unflatten(1, (8, 16, 16)),
        torch.nn.ConvTranspose2d(8, 8, 4, stride=2, padding=1),
        torch.nn.LeakyReLU(0.2),
        torch.nn.ConvTranspose2d(8, 3, 4, stride=2, padding=1),
        torch.nn.Tanh(),
    )
    torch.jit.trace(generator.eval(), torch.zeros(2, 12)).save(folder / 'gan.pt')
    decoder = dict(
        type='ModulePrior',
        module=f'{folder}/vae.py:Decoder',
        module_kwargs=dict(width=6),
        checkpoint=f'{folder}/vae.pth',
        latent_shape=(4, 8, 8),
        blocks=[['first'], ['up'], ['last']],
        trust=True,
    )
    script = dict(type='ModulePrior', module=f'{folder}/gan.pt', latent_shape=12, trust=True)
    return {'vae': decoder, 'torchscript': script}


def run(model, folder, *options):
    (folder / 'config.py').write_text(CONFIG.format(root=ROOT, model=model))
    words = [sys.executable, ROOT / 'tools' / 'test.py', folder / 'config.py']
    environment = os.environ | {'PYTHONPATH': str(ROOT)}
    return subprocess.run(
        [*words, '--work-dir', folder / 'run', *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.mark.parametrize('method', METHODS)
@pytest.mark.parametrize('kind', ['vae', 'torchscript'])
def test_method(kind, method, priors, tmp_path):
    done = run(dict(type=method, prior=priors[kind], **METHODS[method]), tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    metrics = json.loads((tmp_path / 'run' / 'metrics.json').read_text())
    assert all(np.isfinite(value) for value in metrics.values())
    assert {'PSNR', f'{VARIANTS[method]}/PSNR'} <= set(metrics) or method == 'IAGAN'
    with open(tmp_path / 'run' / 'per_image.csv') as file:
        keys = [row['key'] for row in csv.DictReader(file)]
    assert len(keys) == 2
    for key in keys:
        assert Image.open(tmp_path / 'run' / 'restored' / f'{key}.png').size == (64, 64)


def test_a_mistake_is_one_line(priors, tmp_path):
    prior = dict(priors['torchscript'], trust=False)
    done = run(dict(type='CSGM', prior=prior), tmp_path)
    assert done.returncode == 1
    assert 'gan.pt' in done.stderr and 'set trust=True' in done.stderr
    assert 'Traceback' not in done.stderr
