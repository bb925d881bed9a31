"""Configs of BIGPrior: the paper's tasks, the official settings, and a run of both stages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import yaml

import mmgenprior.components  # noqa: F401  (before mmagic)

# isort: split
from mmagic.registry import DATASETS, EVALUATORS, HOOKS, MODELS
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from mmengine.registry import PARAM_SCHEDULERS, DefaultScope

from mmgenprior.cli.explain import explain
from mmgenprior.editors.bigprior import PhiNetwork

ROOT = Path(__file__).resolve().parents[2]
# Names of the official experiments.
OFFICIAL = dict(color='col', inpaint='inpcrop', inpaintboxes='inpvar', denoise='denblind')
EXPERIMENTS = [
    (rooms, task)
    for task in OFFICIAL
    for rooms in ('bedroom', 'church', 'conference')
    if (rooms, task) != ('conference', 'color')
]
METHODS = [('bigprior', *e) for e in EXPERIMENTS] + [
    ('dncnn', rooms, 'denoise') for rooms in ('bedroom', 'church', 'conference')
]
TOYS = ('color', 'inpaint', 'boxes', 'denoise')


def load(name: str) -> Config:
    return Config.fromfile(ROOT / 'configs' / f'{name}.py', import_custom_modules=False)


def make_inversions(folder: Path, grey: bool, count: int = 4, side: int = 24) -> None:
    random = np.random.default_rng(0)
    for role in ('gt', 'input', 'prior'):
        (folder / role).mkdir(parents=True)
        for i in range(count):
            shape = (side, side) if grey and role == 'input' else (side, side, 3)
            picture = random.integers(0, 256, shape, dtype=np.uint8)
            cv2.imwrite(str(folder / role / f'{i}.png'), picture)
            array = np.zeros((3, side, side), np.float32)
            np.save(folder / role / f'{i}.npy', array)


@pytest.fixture(scope='module', autouse=True)
def workplace(tmp_path_factory):
    """Stored inversions of every experiment, and a φ network."""
    root = tmp_path_factory.mktemp('bigprior')
    for rooms, task in EXPERIMENTS:
        make_inversions(root / f'bigprior_{OFFICIAL[task]}_{rooms}', task == 'color')
    for channels, name in ((1, 'phi_grey'), (3, 'phi')):
        state = PhiNetwork(channels, channels=4, depth=3).state_dict()
        torch.save(state, root / f'{name}.pth')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('MGP_DATA_ROOT', str(root))
        patch.setenv('MGP_PHI_CHECKPOINT', str(root / 'phi.pth'))
        yield root


@pytest.mark.parametrize(('method', 'rooms', 'task'), METHODS)
def test_fusion(method, rooms, task, workplace, monkeypatch):
    if task == 'color':
        monkeypatch.setenv('MGP_PHI_CHECKPOINT', str(workplace / 'phi_grey.pth'))
    config = load(f'{method}_lsun{rooms}_{task}')
    with DefaultScope.overwrite_default_scope('mmagic'):
        sample = DATASETS.build(config.test_dataloader.dataset)[0]
        model = MODELS.build(config.model).eval()
        names = [type(m).__name__ for m in EVALUATORS.build(config.test_evaluator).metrics]
        assert {type(HOOKS.build(h)).__name__ for h in config.default_hooks.values() if h} == {
            *('InversionProgressHook', 'MapsHook', 'RestorationReportHook', 'VisBackendsHook')
        }
    assert config.test_dataloader.dataset.indices == -50
    folder = workplace / f'bigprior_{OFFICIAL[task]}_{rooms}'
    assert Path(config.test_dataloader.dataset.data_root) == folder
    assert ('ColorizationAuC' in names) is (task == 'color')
    load_step = config.test_dataloader.dataset.pipeline[0]
    assert load_step.get('arrays', False) is (task == 'denoise')
    inputs = {name: [image] for name, image in sample['inputs'].items()}
    output = model(inputs, [sample['data_samples']], mode='predict')[0].output
    assert output.main == dict(bigprior='BIGPrior', dncnn='DnCNN')[method]


@pytest.mark.parametrize(('method', 'rooms', 'task'), METHODS)
def test_training_has_the_official_settings(method, rooms, task):
    config = load(f'{method}_train_lsun{rooms}_{task}')
    first = (rooms, task) == ('bedroom', 'color')
    dataset = config.train_dataloader.dataset
    assert dataset.indices == (200 if first else 250)
    assert dataset.pipeline[0].get('arrays', False) is (task == 'denoise')
    assert config.train_dataloader.batch_size == 8
    assert config.train_cfg.max_epochs == 25
    assert config.optim_wrapper.optimizer == dict(type='Adam', lr=0.01)
    iterations = -(-dataset.indices // 8)
    assert config.param_scheduler['periods'][0] == round(4 * iterations / 8) * iterations
    assert sum(config.param_scheduler['periods']) >= 25 * iterations
    with torch.device('meta'):
        model = MODELS.build(config.model)
    assert model.phi.in_channels == (1 if task == 'color' else 3)
    assert sum(isinstance(m, torch.nn.Conv2d) for m in model.phi.modules()) == 17
    if method == 'bigprior':
        assert model.rho == 1e-5 and not model.phi.bounded


@pytest.mark.parametrize('task', TOYS)
def test_end_to_end_on_toy_faces(task, workplace, tmp_path):
    """A few iterations with random weights in place of the trained ones."""
    train = load(f'bigprior_train_toyfaces_{task}')
    dataset = train.train_dataloader.dataset
    assert Path(dataset.data_root) == workplace / f'bigprior_toyfaces_{task}'
    # 80 inversions in batches of 8; training ends where a cycle of step sizes does.
    assert dataset.indices == 80
    assert sum(train.param_scheduler['periods']) == train.train_cfg.max_epochs * 10
    assert dataset.pipeline[0].get('arrays', False) is (task == 'denoise')
    torch.manual_seed(0)
    phi = MODELS.build(train.model).phi
    torch.save(phi.state_dict(), tmp_path / 'phi.pth')

    config = load(f'bigprior_toyfaces_{task}')
    model, prior = config.model, load(f'mganprior_toyfaces_{task}').model
    assert model.prior_editor == prior and Path(model.checkpoint) == workplace / 'phi.pth'
    model.checkpoint = str(tmp_path / 'phi.pth')
    model.prior_editor.prior = dict(
        type='PGGANPrior',
        generator=dict(
            type='PGGANGenerator', noise_size=16, out_scale=64, base_channels=64, max_channels=8
        ),
    )
    model.prior_editor.stages.mGANprior.iterations = 2
    config.test_dataloader.dataset.length = 1
    with DefaultScope.overwrite_default_scope('mmagic'):
        sample = DATASETS.build(config.test_dataloader.dataset)[0]['data_samples']
        evaluator = EVALUATORS.build(config.test_evaluator)
        (output,) = MODELS.build(model)([], [sample], mode='predict')
    names = ['mGANprior', *(['mGANprior-Y'] if task == 'color' else []), 'BIGPrior']
    assert list(output.output.variants) == ['measurement', *names]
    assert output.output.main == 'BIGPrior' and output.output.phi.shape == (3, 64, 64)
    output.set_metainfo(dict(sample_idx=0))
    evaluator.process([output], None)
    metrics = evaluator.evaluate()
    assert np.isfinite(metrics['MeanPhi']) and 'mGANprior/PSNR' in metrics
    assert ('Sigma' in metrics) is (task == 'denoise')
    if task == 'denoise':
        assert 5 <= metrics['Sigma'] <= 50


def test_step_size_is_the_official_one(shared):
    official = np.load(shared('golden/bigprior/lr_schedule.npz'))['lr'].ravel()
    scheduler = load('bigprior_train_lsunchurch_color').param_scheduler
    optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)], lr=0.01)
    schedule = PARAM_SCHEDULERS.build(
        scheduler, default_args=dict(optimizer=OptimWrapper(optimizer))
    )
    rates = []
    for _ in official:
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        schedule.step()
    np.testing.assert_allclose(rates, official, rtol=1e-9, atol=1e-12)


def test_a_processor_sees_mirrored_crops_and_the_prior_in_bfloat16():
    full, small = (load(f'bigprior_train_lsunbedroom_color{s}') for s in ('', '_cpu'))
    assert small.optim_wrapper.type == 'BFloat16OptimWrapper'
    steps = small.train_dataloader.dataset.pipeline
    crop, flip = steps.pop(1), steps.pop(1)
    assert (crop.type, flip.type) == ('FixedCrop', 'Flip')
    assert crop['keys'] == flip['keys'] == ['gt', 'img', 'prior']
    assert small.model.phi.pop('sees_prior') is True
    same = ('model', 'train_dataloader', 'randomness')
    assert all(full[key] == small[key] for key in same)
    # 25 iterations of 8 inversions in an epoch; the last epoch ends a cycle of step sizes.
    assert small.train_cfg.max_epochs * 25 == sum(small.param_scheduler.periods)


def test_metafile_names_every_table():
    metafile = yaml.safe_load((ROOT / 'configs' / 'metafile_bigprior.yml').read_text())
    names = {m['Name'] for m in metafile['Models']}
    assert {f'{method}_lsun{rooms}_{task}' for method, rooms, task in METHODS} <= names


def tool(name: str, *words: str, cwd: Path) -> str:
    command = [sys.executable, str(ROOT / 'tools' / name), *map(str, words)]
    environment = dict(os.environ, OMP_NUM_THREADS='1')
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout + done.stderr


@pytest.mark.slow
def test_trains_and_fuses(workplace, tmp_path):
    small = ['model.phi.channels=4', 'model.phi.depth=3', 'train_dataloader.batch_size=2']
    tool(
        *('train.py', 'bigprior_train_lsunbedroom_color_cpu', '--work-dir', tmp_path / 'train'),
        *('--cfg-options', *small, 'train_cfg.max_epochs=2'),
        cwd=tmp_path,
    )
    folder = tmp_path / 'fused'
    tool(
        *('test.py', 'bigprior_lsunbedroom_color', tmp_path / 'train' / 'epoch_2.pth'),
        *('--work-dir', folder),
        cwd=tmp_path,
    )
    metrics = json.loads((folder / 'metrics.json').read_text())
    assert {'AuC', 'AuC_8bit', 'AuC_prior', 'AuC_prior_8bit', 'MeanPhi'} <= set(metrics)
    assert metrics['AuC_prior'] == metrics['prior/AuC']
    assert (folder / 'phi' / '3.npy').is_file() and (folder / 'phi' / '3.png').is_file()


def test_a_training_of_one_iteration_says_what_to_do():
    scheduler = load('bigprior_train_lsunchurch_color').param_scheduler | dict(end=1)
    optimizer = OptimWrapper(torch.optim.Adam([torch.zeros(1, requires_grad=True)], lr=0.01))
    with pytest.raises(ValueError) as caught:
        PARAM_SCHEDULERS.build(scheduler, default_args=dict(optimizer=optimizer))
    line = explain(caught.value)
    assert 'has 1 iterations or epochs' in line and 'raise train_cfg.max_epochs' in line
