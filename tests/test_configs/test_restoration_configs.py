"""Every config builds, and says what the papers say."""

from __future__ import annotations

import copy
import functools
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import yaml

import mmgenprior.components  # noqa: F401  (before mmagic)

# isort: split
from mmagic.registry import DATASETS, EVALUATORS, HOOKS, LOOPS, MODELS
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmgenprior.weights.catalogue import find_entry

CONFIGS = Path(mmgenprior.__file__).parents[1] / 'configs'
FILES = sorted(CONFIGS.glob('*.py'))
# Those that train a network are in test_training_configs.py.
TRAINING = {'dcgan_toyfaces', 'biggan_toyfaces', 'pggan_toyfaces', 'classifier_toyfaces'}
TRAINING |= {f'{gan}_toyfaces_paired' for gan in ('biggan', 'dcgan', 'pggan')}
TRAINING |= {'encoder_dcgan_toyfaces', 'encoder_biggan_toyfaces'}
# Those with a test module of their own.
OWN_MODULES = ('bigprior_', 'dgp_', 'dncnn_', 'mganprior_')
NAMES = [
    file.stem
    for file in FILES
    if file.stem not in TRAINING and not file.stem.startswith(OWN_MODULES)
]

FRAMEWORK_KEYS = {
    'custom_imports',
    'default_hooks',
    'default_scope',
    'env_cfg',
    'load_from',
    'log_level',
    'model',
    'randomness',
    'resume',
    'test_cfg',
    'test_dataloader',
    'test_evaluator',
    'visualizer',
}
# What thin files compose with.
VARIABLES = {'degradation'}

# IAGAN paper, Experiments: iterations of CSGM, of IAGAN without noise; step size of the weights.
PAPER = {
    'began': dict(csgm=1600, sr=500, cs=600, weight_lr=1e-4),
    'pggan': dict(csgm=1800, sr=300, cs=500, weight_lr=1e-3),
}
DIP_ITERATIONS = {4: 2000, 8: 4000, 16: 4000}
TASKS = {
    'celeba64': ['sr4', 'sr8', 'inpaint', 'cs'],
    'celeba128': [
        *('sr4', 'sr8', 'sr4_noise10', 'sr8_noise10', 'sr4_misaligned'),
        *('fft30', 'fft50', 'deblur9'),
    ],
    'celebahq': ['sr8', 'sr16', 'sr8_noise10', 'sr16_noise10', 'fft30', 'fft50', 'deblur9'],
}
# MAP-D paper, section 4.1.
MAPD_TASKS = {
    'inpaint': dict(type='BoxMask', size=32),
    'color': dict(type='HSVValue'),
    'sr4': dict(type='BicubicDownsampling', factor=4),
    'denoise': dict(type='Identity'),
    'quant': dict(type='Quantization', levels=5),
}
SWEEP = [1000, 3000, 6000, 12000, 18000, 24000, 30000, 36000, 42000, 48000]


@pytest.fixture(scope='module', autouse=True)
def data_root(tmp_path_factory):
    """One small picture in every folder that a config reads."""
    tmp_path = tmp_path_factory.mktemp('data')
    folders = ('faces64', 'celeba128', 'celebahq1024', 'measured', 'masks')
    picture = np.full((16, 16, 3), 200, np.uint8)
    for folder in folders:
        (tmp_path / folder).mkdir()
        side = 64 if folder == 'masks' else 16
        cv2.imwrite(str(tmp_path / folder / 'a.png'), cv2.resize(picture, (side, side)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('MGP_DATA_ROOT', str(tmp_path))
        patch.setenv('MGP_PRIOR_ROOT', 'priors')
        yield tmp_path


@functools.cache
def _loaded(name: str) -> Config:
    return Config.fromfile(CONFIGS / f'{name}.py')


def load(name: str) -> Config:
    return copy.deepcopy(_loaded(name))


def degradation_of(config: Config) -> Config:
    return config.test_dataloader.dataset.degradation


def is_noisy(config: Config) -> bool:
    return degradation_of(config).get('noise') is not None


@pytest.mark.parametrize('name', NAMES)
def test_builds(name, data_root):
    config = load(name)
    assert set(config) <= FRAMEWORK_KEYS | VARIABLES
    assert config.custom_imports.imports == ['mmgenprior.components']
    with DefaultScope.overwrite_default_scope('mmagic'):
        dataset = DATASETS.build(config.test_dataloader.dataset)
        assert len(dataset) == (10 if 'toyfaces' in name else 1)
        evaluator = EVALUATORS.build(config.test_evaluator)
        assert [type(m).__name__ for m in evaluator.metrics][:2] == ['PSNR', 'PooledPSNR']
        assert LOOPS.get(config.test_cfg.type) is not None
        hooks = [h for h in config.default_hooks.values() if h is not None]
        built = {type(HOOKS.build(h)).__name__ for h in hooks}
        always = {'InversionProgressHook', 'MapsHook', 'RestorationReportHook', 'VisBackendsHook'}
        assert built == always
        model = config.model
        if 'prior' in model:
            prior = model.prior.get('name') or Path(model.prior.checkpoint).stem
            model.prior.checkpoint = None
        with torch.device('meta'):
            editor = MODELS.build(model)
    if 'prior' in model:
        side = editor.prior.image_shape[-1]
        expected = {'began_celeba64': 64, 'began_celeba128': 128, 'pggan_celebahq_1024': 1024}
        expected |= {
            'dcgan_celeba_64': 64,
            'biggan_toyfaces': 64,
            'dcgan_toyfaces': 64,
            'dcgan_digiface64': 64,
        }
        assert side == expected[prior]
        data = {'celebahq': 1024, 'celeba128': 128}
        assert side == data.get(name.split('_')[1], 64)


@pytest.mark.parametrize(
    'name',
    [n for n in NAMES if re.search('celeba64|toyfaces|digiface64', n) and 'inpaint_m' not in n],
)
def test_pipeline_makes_what_the_prior_needs(name):
    config = load(name)
    with DefaultScope.overwrite_default_scope('mmagic'):
        sample = DATASETS.build(config.test_dataloader.dataset)[0]
    measurement = sample['data_samples'].metainfo['measurement']
    assert tuple(measurement.image_shape) == (3, 64, 64)
    assert torch.isfinite(measurement.y).all()
    assert ('gt_img' in sample['data_samples']) == ('measurement' not in name)


def test_base_names_are_unique():
    files = [f.name for f in CONFIGS.rglob('*.py') if '_base_' not in f.parts]
    assert len(files) == len(set(files)) == len(FILES)
    assert all(re.fullmatch(r'[a-z]+_[a-z0-9]+_[a-z0-9_]+', name) for name in NAMES)


def test_every_base_file_is_used():
    used = {
        (file.parent / base).resolve()
        for file in CONFIGS.rglob('*.py')
        for base in re.findall(r"'([\w./]+\.py)'", file.read_text())
    }
    # Of configs that a table makes on demand.
    for matrix in (CONFIGS / 'papers').glob('*.yml'):
        named = re.findall(r'\b_base_/[\w/]+\.py\b', matrix.read_text())
        used |= {(CONFIGS / base).resolve() for base in named}
    assert set((CONFIGS / '_base_').rglob('*.py')) - used == set()


def test_all_of_the_papers_tables_are_there():
    expected = {'iagan_celebahq_sr16', 'iagan_toyfaces_sr4', 'iagan_celeba64_sr4_measurement'}
    for dataset, tasks in TASKS.items():
        expected |= {f'{m}_{dataset}_{t}' for m in ('csgm', 'iagan', 'dip') for t in tasks}
        expected |= {f'bicubic_{dataset}_{t}' for t in tasks if t.startswith('sr')}
        expected |= {f'zerofilled_{dataset}_{t}' for t in tasks if t.startswith('fft')}
    expected |= {f'{m}_celeba128_cs_m{n}' for m in ('csgm', 'iagan') for n in SWEEP}
    assert expected - set(NAMES) == set()


OF_DCGANS = ('toyfaces', 'digiface64')
SEARCHES = [
    n for n in NAMES if n.startswith(('csgm', 'iagan')) and n.split('_')[1] not in OF_DCGANS
]
PAPER_SEARCHES = [n for n in SEARCHES if 'celeba64' not in n]


@pytest.mark.parametrize('name', sorted(set(SEARCHES) - set(PAPER_SEARCHES)))
def test_searches_at_64_are_alike(name):
    model = load(name).model
    assert model.stages.CSGM == dict(iterations=800, latent_lr=0.1)
    assert model.restarts == 1
    if model.type == 'IAGAN':
        expected = dict(iterations=300, latent_lr=1e-4, weight_lr=1e-4)
        if name.endswith('_denoise'):
            expected['early_stop'] = dict(discrepancy=0.95)
        assert model.stages.IAGAN == expected


@pytest.mark.parametrize(
    ('dataset', 'task'),
    [
        *(('toyfaces', task) for task in ('sr4', 'inpaint', 'color', 'denoise', 'cs')),
        *(('digiface64', task) for task in ('sr4', 'inpaint', 'color', 'denoise')),
    ],
)
def test_searches_of_dcgans_are_alike(dataset, task):
    csgm, iagan = (load(f'{method}_{dataset}_{task}').model for method in ('csgm', 'iagan'))
    assert (csgm.type, iagan.type) == ('CSGM', 'IAGAN')
    for key in ('prior', 'restarts', 'baselines'):
        assert csgm[key] == iagan[key]
    assert csgm.stages == dict(CSGM=iagan.stages.CSGM)
    expected = load('iagan_toyfaces_sr4').model.stages
    if task == 'denoise':
        rule = dict(discrepancy=0.95, check_every=10)
        expected.IAGAN.update(iterations=500, early_stop=rule)
    assert iagan.stages == expected


GAUSS_NEWTON = [n for n in NAMES if n.startswith('gaussnewton')]


@pytest.mark.parametrize('dataset', ['celeba64', 'toyfaces', 'digiface64'])
def test_gauss_newton_has_one_setting(dataset):
    """Its configs differ in the degradation alone."""
    tasks = ('sr4', 'inpaint', 'color', 'denoise')
    if dataset != 'digiface64':
        tasks += ('sr8', 'cs', 'deblur')
    names = [f'gaussnewton_{dataset}_{task}' for task in tasks]
    assert set(names) <= set(GAUSS_NEWTON)
    configs = [load(name) for name in names]
    assert all(config.model == configs[0].model for config in configs)
    assert len({str(degradation_of(config)) for config in configs}) == len(tasks)


@pytest.mark.parametrize('name', PAPER_SEARCHES)
def test_searches_have_the_papers_settings(name):
    config = load(name)
    model, noisy = config.model, is_noisy(config)
    paper = PAPER['pggan' if 'celebahq' in name else 'began']
    assert model.type == ('IAGAN' if name.startswith('iagan') else 'CSGM')
    assert model.stages.CSGM == dict(iterations=paper['csgm'], latent_lr=0.1)
    assert model.get('back_projection', False) is not noisy
    if model.type == 'IAGAN':
        kind = 'cs' if re.search('_(cs|fft)', name) else 'sr'
        iterations = paper[kind] // (2 if noisy else 1)
        rates = dict(latent_lr=1e-4, weight_lr=paper['weight_lr'])
        assert model.stages.IAGAN == dict(iterations=iterations, **rates)


@pytest.mark.parametrize('name', [n for n in NAMES if n.startswith('dip')])
def test_deep_image_prior_is_stopped_early_under_noise(name):
    config = load(name)
    scale = re.search(r'_sr(\d+)', name)
    full = DIP_ITERATIONS[int(scale[1])] if scale else 4000
    if 'celeba64' in name:  # no table of the paper: over-fits sooner
        full = 500 if scale else 1000
        baselines = load(name.replace('dip', 'iagan')).model.baselines
        assert baselines[-1] == dict(type='DIP', iterations=full, channels=64)
    assert config.model.iterations == full // (4 if is_noisy(config) else 1)


@pytest.mark.parametrize('name', [n for n in NAMES if not n.startswith('mapd')])
def test_degradation_is_the_one_of_the_name(name):
    config = load(name)
    degradation = degradation_of(config)
    physics = degradation.physics
    assert degradation.centre == 0.5
    levels = {'noise10|fft|deblur': 10, '(toyfaces|celeba64|digiface64)_denoise': 25}
    level = next((v for pattern, v in levels.items() if re.search(pattern, name)), None)
    noise = level and dict(type='GaussianNoise', sigma=level / 255)
    assert degradation.noise == noise
    if scale := re.search(r'_sr(\d+)', name):
        assert (physics.type, physics.factor) == ('BicubicDownsampling', int(scale[1]))
        # A real photograph goes on beyond its border; the papers pad with zeros.
        assert physics.get('padding') == ('replicate' if 'measurement' in name else None)
    elif share := re.search(r'_fft(\d+)', name):
        assert (physics.type, physics.ratio) == ('FourierSubsampling', int(share[1]) / 100)
    elif rows := re.search(r'_cs_m(\d+)', name):
        assert (physics.type, physics.m) == ('GaussianCompressedSensing', int(rows[1]))
    elif name.endswith('_cs'):
        assert (physics.type, physics.ratio) == ('GaussianCompressedSensing', 0.122)
    elif name.endswith(('_color', '_denoise')):
        assert physics.type == ('Luminance' if name.endswith('_color') else 'Identity')
    elif 'deblur' in name:
        assert (physics.type, physics.size) == ('UniformBlur', 9)
    else:
        assert physics.type == ('FileMask' if 'measurement' in name else 'BoxMask')
    shifted = config.test_dataloader.dataset.get('before_degrade', [])
    shift = [dict(type='Translate', shift=[8, 0])]
    assert shifted == (shift if 'misaligned' in name else [])


@pytest.mark.parametrize('name', [n for n in NAMES if n.startswith('mapd')])
def test_map_d_has_the_papers_five_tasks(name):
    config = load(name)
    _, dataset, task = name.split('_')
    assert {n for n in NAMES if n.startswith(f'mapd_{dataset}')} == {
        f'mapd_{dataset}_{t}' for t in MAPD_TASKS
    }
    degradation = degradation_of(config)
    assert degradation.physics == MAPD_TASKS[task]
    assert degradation.centre == 0.5
    noise = dict(type='GaussianNoise', sigma=0.1) if task == 'denoise' else None
    assert degradation.noise == noise
    model = config.model
    assert (model.type, model.prior.latent) == ('MAPD', 'uniform')
    assert model.get('blending', False) is (task == 'inpaint')
    classical = [b.type for b in model.baselines][1:]
    # The paper: not suitable for colour without significant modification.
    assert classical == ([] if task == 'color' else ['TotalVariation', 'LowRank', 'SparseCoding'])


def test_folders_are_environment_variables(data_root):
    config = load('iagan_celeba64_sr4')
    assert config.test_dataloader.dataset.data_root == str(data_root)
    assert config.model.prior.checkpoint == 'priors/began_celeba64.pth'


def test_defaults_without_environment(monkeypatch):
    monkeypatch.delenv('MGP_DATA_ROOT')
    monkeypatch.delenv('MGP_PRIOR_ROOT')
    config = Config.fromfile(CONFIGS / 'iagan_celeba64_sr4.py')
    assert config.test_dataloader.dataset.data_root == 'data'
    assert config.model.prior.checkpoint == 'checkpoints/began_celeba64.pth'


def test_one_table_of_all_methods_on_real_faces():
    baselines = [b.type for b in load('iagan_celeba64_sr4').model.baselines]
    assert baselines == ['Bicubic', 'DIP']


def test_the_demonstration_needs_nothing_but_the_package():
    config = load('iagan_toyfaces_sr4')
    assert find_entry(config.model.prior.name).local.is_file()
    assert config.test_dataloader.dataset.type == 'ToyFacesDataset'
    assert config.test_dataloader.dataset.split == 'test'


def test_model_index_lists_configs_that_exist():
    root = CONFIGS.parent
    index = yaml.safe_load((root / 'model-index.yml').read_text())
    for file in index['Import']:
        metafile = yaml.safe_load((root / file).read_text())
        collections = {c['Name'] for c in metafile['Collections']}
        names = [m['Name'] for m in metafile['Models']]
        assert len(names) == len(set(names))
        for model in metafile['Models']:
            assert (root / model['Config']).stem == model['Name']
            assert (root / model['Config']).is_file()
            assert model['In Collection'] in collections
            # What a paper prints is no result of ours; papers/ has it.
            assert 'Results' not in model
