"""The configs that train priors on toy faces: sizes, and a few iterations through the Runner."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import mmgenprior.components  # noqa: F401  (before mmagic)

# isort: split
from mmagic.registry import DATASETS, HOOKS, MODELS
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from mmgenprior.datasets.toyfaces import CLASSES

ROOT = Path(__file__).resolve().parents[2]
NAMES = ['dcgan_toyfaces', 'biggan_toyfaces', 'pggan_toyfaces']
PAIRED = [f'{name}_paired' for name in NAMES]
# Networks whose weights the package carries.
CARRIED = {
    'dcgan_toyfaces_paired': ('generator', 'discriminator'),
    'biggan_toyfaces_paired': ('generator', 'discriminator'),
    'pggan_toyfaces': ('generator',),
}


# The adversary from the first iteration on, and no weights of others.
_PAIRED = (
    *('model.perceptual=None', 'model.adversarial_weight=0.01'),
    *('model.adversarial_start=0', 'model.adversarial_wait=0'),
)
AT_ONCE = dict(dcgan_toyfaces=(), biggan_toyfaces=(), **dict.fromkeys(PAIRED, _PAIRED))


def load(name: str) -> Config:
    return Config.fromfile(ROOT / 'configs' / f'{name}.py')


def build_model(name: str):
    with DefaultScope.overwrite_default_scope('mmagic'):
        return MODELS.build(load(name).model)


def draws_pictures(model) -> bool:
    """Whether its average does, of random latents."""
    noise = torch.randn(2, model.noise_size)
    options = (
        dict(label=torch.tensor([0, len(CLASSES) - 1])) if hasattr(model, 'num_classes') else {}
    )
    with torch.no_grad():
        return model.eval().generator_ema(noise, **options).shape == (2, 3, 64, 64)


@pytest.mark.parametrize('name', NAMES)
def test_builds(name):
    config = load(name)
    with DefaultScope.overwrite_default_scope('mmagic'):
        dataset = DATASETS.build(config.train_dataloader.dataset)
        for hook in config.custom_hooks:
            assert HOOKS.get(hook.type) is not None
    sample = dataset[3]['data_samples']
    assert sample.gt_img.shape == (3, 64, 64)
    assert ('gt_label' in sample) == (name == 'biggan_toyfaces')
    assert draws_pictures(build_model(name))


@pytest.mark.parametrize('name', PAIRED)
def test_paired_ones_take_whole_batches(name, tmp_path):
    loader = load(name).train_dataloader
    loader.dataset.update(cache=str(tmp_path), length=4)
    loader.update(batch_size=2, num_workers=0, persistent_workers=False)
    with DefaultScope.overwrite_default_scope('mmagic'):
        batch = next(iter(Runner.build_dataloader(loader, seed=0)))
    model = build_model(name)
    sample = model.data_preprocessor(batch, training=True)['data_samples']
    assert sample.gt_img.shape == (2, 3, 64, 64)
    assert torch.equal(sample.gt_img, batch['gt'].permute(0, 3, 1, 2) / 127.5 - 1)
    assert sample.latent.shape == (2, model.noise_size)
    assert ('gt_label' in sample) == (name == 'biggan_toyfaces_paired')
    assert draws_pictures(model)


def test_weights_fit_into_the_package():
    numbers = sum(
        value.numel()
        for name in CARRIED
        for network in CARRIED[name]
        for value in getattr(build_model(name), network).state_dict().values()
    )
    assert 2 * numbers < 16e6  # bytes in half precision; the limit is 18 MB


def train(name: str, work_dir: Path, *options: str, processes: int | None = None) -> str:
    tool = [sys.executable, str(ROOT / 'tools' / 'train.py'), name]
    if processes:
        tool = ['bash', str(ROOT / 'tools' / 'dist_train.sh'), name, str(processes)]
    command = [
        *(*tool, '--work-dir', str(work_dir), '--cfg-options'),
        *('train_dataloader.num_workers=0', 'train_dataloader.persistent_workers=False'),
        *('default_hooks.logger.interval=1', *options),
    ]
    environment = dict(os.environ, OMP_NUM_THREADS='1', PYTHON=sys.executable)
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize('name', AT_ONCE)
def test_trains(name, tmp_path):
    kept = f'train_dataloader.dataset.cache={tmp_path}'
    output = train(
        *(name, tmp_path, 'train_cfg.max_iters=3', 'train_dataloader.batch_size=4'),
        *('custom_hooks.0.interval=3', 'custom_hooks.0.n_samples=4', *AT_ONCE[name]),
        *((kept,) if name in PAIRED else ()),
    )
    assert '[3/3]' in output and 'loss_gen' in output
    state = torch.load(tmp_path / 'iter_3.pth', weights_only=True)['state_dict']
    untrained = build_model(name).state_dict()
    assert set(state) == set(untrained)
    assert all(torch.isfinite(value).all() for value in state.values())
    assert list(tmp_path.rglob('samples_*.png'))


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU')
def test_processes_share_gradients_without_a_gpu(tmp_path):
    output = train(
        *('dcgan_toyfaces', tmp_path, 'train_cfg.max_iters=2', 'train_dataloader.batch_size=4'),
        processes=2,
    )
    assert '[2/2]' in output
    state = torch.load(tmp_path / 'iter_2.pth', weights_only=True)['state_dict']
    alone = {key.replace('.module.', '.') for key in build_model('dcgan_toyfaces').state_dict()}
    assert {key.replace('.module.', '.') for key in state} == alone


@pytest.mark.slow
def test_growing_gan_grows(tmp_path):
    sides = ('4', '8', '16', '32', '64')
    output = train(
        *('pggan_toyfaces', tmp_path, 'train_cfg.max_iters=5', 'custom_hooks.0.interval=5'),
        *('train_dataloader.batch_size=4', 'custom_hooks.0.n_samples=4'),
        *(f'train_dataloader.dataset.growing.{side}=4' for side in sides),
        *(f'model.nkimgs_per_scale.{side}=0.0039' for side in sides),
        'model.transition_kimgs=0.0039',
    )
    lines = [line for line in output.splitlines() if 'Iter(train)' in line]
    assert len(lines) == 5
    assert 'curr_scale: 4 ' in lines[0]
    state = torch.load(tmp_path / 'iter_5.pth', weights_only=True)['state_dict']
    assert state['_curr_scale_int'] == 64
    assert all(torch.isfinite(value).all() for value in state.values())


@pytest.mark.slow
def test_classifier_trains(tmp_path):
    output = train(
        *('classifier_toyfaces', tmp_path, 'train_cfg.max_iters=2', 'train_dataloader.batch_size=5')
    )
    assert '[2/2]' in output and 'accuracy' in output
    state = torch.load(tmp_path / 'iter_2.pth', weights_only=True)['state_dict']
    assert set(state) == set(build_model('classifier_toyfaces').state_dict())
