"""Configs of mGANprior: the settings of the BIGPrior paper, and a run of every task."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import mmgenprior.components  # noqa: F401  (before mmagic)

# isort: split
from mmagic.registry import DATASETS, EVALUATORS, HOOKS, MODELS
from mmengine.config import Config
from mmengine.registry import DefaultScope

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ('bedroom', 'church', 'conference')
PAPER = [
    f'mganprior_lsun{rooms}_{task}'
    for rooms in ROOMS
    for task in ('color', 'inpaint', 'inpaintboxes', 'denoise')
    if (rooms, task) != ('conference', 'color')  # the paper has no such row
]
# Of no table: the task of the official code.
ENLARGED = [f'mganprior_lsun{rooms}_sr4' for rooms in ROOMS]
TOYS = [f'mganprior_toyfaces_{task}' for task in ('color', 'inpaint', 'boxes', 'denoise', 'sr4')]
# The generator of configs/pggan_toyfaces.py, as small as it can be cut.
TOY_GENERATOR = dict(
    type='PGGANGenerator', noise_size=16, out_scale=64, base_channels=64, max_channels=8
)


@pytest.fixture(scope='module', autouse=True)
def data_root(tmp_path_factory):
    """One picture of every data set."""
    root = tmp_path_factory.mktemp('data')
    for rooms in ROOMS:
        (root / 'lsun256' / rooms).mkdir(parents=True)
        picture = np.full((16, 16, 3), 200, np.uint8)
        cv2.imwrite(str(root / 'lsun256' / rooms / 'a.png'), picture)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('MGP_DATA_ROOT', str(root))
        patch.setenv('MGP_PRIOR_ROOT', 'priors')
        yield root


def load(name: str) -> Config:
    return Config.fromfile(ROOT / 'configs' / f'{name}.py', import_custom_modules=False)


def test_all_of_the_papers_tables_are_there():
    found = {f.stem for f in (ROOT / 'configs').glob('mganprior_*.py')}
    assert found == {*PAPER, *ENLARGED, *TOYS}


@pytest.mark.parametrize('name', PAPER)
def test_settings_are_the_papers(name):
    """BIGPrior, Sec. IV-B to IV-D; the weight of the features is the official code's."""
    model = load(name).model
    color = name.endswith('color')
    assert (model.layer, model.codes) == ((6, 20) if color else (4, 30))
    iterations = 1500 if color else 3000
    descent = dict(latent_lr=1.0, optimizer=dict(type='SGD'))
    assert model.stages == dict(mGANprior=dict(iterations=iterations, **descent))
    assert model.perceptual == dict(weight=1.0 if color else 0.1)
    assert model.get('luminance_transfer', False) is color
    assert model.prior.checkpoint == f'priors/pggan_{name.split("_")[1]}.pth'


@pytest.mark.parametrize('name', ENLARGED)
def test_super_resolution_is_set_as_in_the_official_code(name):
    model = load(name).model
    assert (model.layer, model.codes, model.perceptual) == (6, 20, dict(weight=1.0))
    descent = dict(latent_lr=1.0, optimizer=dict(type='SGD'))
    assert model.stages == dict(mGANprior=dict(iterations=2000, **descent))
    assert model.prior.checkpoint == f'priors/pggan_{name.split("_")[1]}.pth'


@pytest.mark.parametrize('name', PAPER + ENLARGED + TOYS)
def test_degradation_is_the_one_of_the_name(name):
    degradation, toys = load(name).test_dataloader.dataset.degradation, 'toyfaces' in name
    physics = degradation.physics
    assert degradation.centre == 0.5
    noise = dict(type='GaussianNoise', sigma=(5 / 255, 50 / 255))
    assert degradation.noise == (noise if 'denoise' in name else None)
    if name.endswith('color'):
        assert physics == dict(type='Luminance', weights=(0.299, 0.587, 0.114))
    elif name.endswith('sr4'):
        assert physics == dict(type='BilinearDownsampling', factor=4)
    elif 'boxes' in name:
        assert (physics.type, physics.count) == ('RandomBoxesMask', (2, 4))
        assert (physics.side_mean, physics.side_std) == ((16, 8) if toys else (64, 32))
    elif 'inpaint' in name:
        assert physics == dict(type='BoxMask', size=16 if toys else 64)
    else:
        assert physics == dict(type='Identity')


@pytest.mark.parametrize('name', PAPER + ENLARGED)
def test_builds_and_makes_what_the_prior_needs(name):
    config = load(name)
    with DefaultScope.overwrite_default_scope('mmagic'):
        sample = DATASETS.build(config.test_dataloader.dataset)[0]
        EVALUATORS.build(config.test_evaluator)
        assert all(HOOKS.build(h) for h in config.default_hooks.values() if h)
        config.model.prior.checkpoint = None
        with torch.device('meta'):
            editor = MODELS.build(config.model)
    measurement = sample['data_samples'].metainfo['measurement']
    assert tuple(measurement.image_shape) == (3, 256, 256) == tuple(editor.prior.image_shape)
    assert editor.prior.latent_shapes == dict(
        z=(config.model.codes, 512), alpha=(config.model.codes, 512)
    )


@pytest.mark.parametrize('name', TOYS)
def test_toy_tasks_run(name):
    """A few iterations with random weights in place of the trained ones."""
    config = load(name)
    model = config.model
    assert model.prior == dict(type='zoo', name='pggan_toyfaces')
    (stage,) = model.stages.values()
    assert stage.optimizer == dict(type='Adam') and 200 <= stage.iterations <= 500
    model.prior = dict(type='PGGANPrior', generator=TOY_GENERATOR)
    stage.iterations = 3
    config.test_dataloader.dataset.length = 2
    with DefaultScope.overwrite_default_scope('mmagic'):
        dataset = DATASETS.build(config.test_dataloader.dataset)
        editor = MODELS.build(model)
        samples = [dataset[i]['data_samples'] for i in range(2)]
        outputs = [s.output for s in editor([], samples, mode='predict')]
    color = name.endswith('color')
    names = ['measurement', *(['bicubic'] if 'sr4' in name else []), 'mGANprior']
    names += ['mGANprior-Y'] if color else []
    for output in outputs:
        assert output.hallucination.shape == (1, 64, 64)
        assert list(output.variants) == names
        assert output.main == names[-1]
        assert output.pred_img.shape == (3, 64, 64)
        assert output.trace.shape == (3,) and output.objective <= output.trace[0]
    if 'denoise' in name or 'boxes' in name:
        drawn = [next(iter(s.metainfo['measurement'].params.values())) for s in samples]
        assert not torch.equal(*drawn), 'every image draws its own'


def test_metafile_has_the_papers_rows():
    text = (ROOT / 'configs' / 'metafile_mganprior.yml').read_text()
    assert sorted(re.findall(r'- Name: (mganprior_\w+)', text)) == sorted(PAPER + ENLARGED)
    assert (ROOT / 'docs' / 'mganprior.md').is_file()
