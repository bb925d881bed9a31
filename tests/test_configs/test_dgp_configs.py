"""DGP's configs: the paper's tables, and every task from end to end with random weights."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch

import mmgenprior.components  # noqa: F401  (before mmagic)

# isort: split
from mmagic.registry import DATASETS, EVALUATORS, MODELS
from mmengine.config import Config
from mmengine.registry import DefaultScope

CONFIGS = Path(mmgenprior.__file__).parents[1] / 'configs'
TASKS = {
    'color': dict(type='Luminance'),
    'inpaint': dict(type='BoxMask', fraction=1 / 3),
    'sr4_mse': dict(type='PILLanczosDownsampling', factor=4),
    'sr4_d': dict(type='PILLanczosDownsampling', factor=4),
    'hybrid': dict(type='Compose'),
    'defence': dict(type='AdversarialAttack'),
    'reconstruct': dict(type='Identity'),
    'manipulate': dict(type='Identity'),
}
NAMES = [f'dgp_{d}_{t}' for d in ('imagenet128', 'imagenet256', 'toyfaces') for t in TASKS]
# Table 4, and the search of z alone.
ABLATION = [f'dgp_toyfaces_{t}_{v}' for t in ('sr4_d', 'color') for v in ('z', 'mse', 'vgg', 'all')]
# Tables 6 to 11: blocks, weight of D, weight of the MSE, iterations, step of G, step of z.
PAPER = {
    'color': (
        [1, 2, 3, 4, 5],
        [1] * 5,
        [0] * 5,
        [200, 200, 300, 400, 300],
        [5e-5, 5e-5, 5e-5, 5e-5, 2e-5],
        [2e-3, 1e-3, 5e-4, 5e-5, 2e-5],
    ),
    'inpaint': (
        [5] * 4,
        [1, 1, 0.1, 0.1],
        [1, 1, 100, 100],
        [400, 200, 200, 200],
        [2e-4, 1e-4, 1e-4, 1e-5],
        [1e-3, 1e-4, 1e-4, 1e-5],
    ),
    'sr4_mse': (
        [1, 2, 3, 4, 5],
        [1, 1, 1, 0.5, 0.1],
        [1, 1, 1, 50, 100],
        [200] * 5,
        [2e-4, 2e-4, 1e-4, 1e-4, 1e-5],
        [1e-3, 1e-3, 1e-4, 1e-4, 1e-5],
    ),
    'sr4_d': (
        [1, 2, 3, 4, 5],
        [1] * 5,
        [1] * 5,
        [200] * 5,
        [5e-5, 5e-5, 2e-5, 1e-5, 1e-5],
        [2e-3, 1e-3, 2e-5, 1e-5, 1e-5],
    ),
    'defence': ([None] * 2, [0, 0], [1, 1], [100, 900], [2e-7, 1e-4], [5e-2, 1e-4]),
    'manipulate': (
        [5] * 3,
        [1] * 3,
        [0] * 3,
        [125, 125, 100],
        [2e-7, 2e-5, 2e-6],
        [1e-1, 2e-3, 2e-6],
    ),
}
COLUMNS = ('blocks', 'd_weight', 'mse_weight', 'iterations', 'weight_lr', 'latent_lr')


@pytest.fixture(scope='module', autouse=True)
def data_root(tmp_path_factory):
    """A picture of ImageNet's validation set, and the list of classes."""
    import cv2

    root = tmp_path_factory.mktemp('data')
    (root / 'imagenet_val').mkdir()
    cv2.imwrite(str(root / 'imagenet_val' / 'a.JPEG'), np.full((20, 30, 3), 90, np.uint8))
    (root / 'imagenet_val_1k.txt').write_text('a.JPEG 17\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('MGP_DATA_ROOT', str(root))
        yield root


def load(name):
    return copy.deepcopy(Config.fromfile(CONFIGS / f'{name}.py'))


def test_there_is_a_config_for_every_task_and_size():
    assert {f.stem for f in CONFIGS.glob('dgp_*.py')} == {*NAMES, *ABLATION}


def without_weights(config):
    """The model with random weights, whatever the catalogue holds."""
    model = config.model
    if model.prior.get('name') == 'biggan_toyfaces':
        networks = Config.fromfile(CONFIGS / 'biggan_toyfaces_paired.py').model
        model.prior = dict(type='BigGANPrior', generator=networks.generator)
        model.discriminator = networks.discriminator
    elif model.prior.type == 'zoo':
        model.prior.checkpoint = None
        model.discriminator = dict(type='BigGANDiscriminator', input_scale=128, num_classes=1000)
    else:
        model.prior.checkpoint = model.discriminator.checkpoint = None
    return model


def _mark(name):
    """At 256 the tables are those of 128: one of them is enough for the fast tests."""
    again = 'imagenet256' in name and not name.endswith('defence')
    return pytest.param(name, marks=pytest.mark.slow) if again else name


@pytest.mark.parametrize('name', [_mark(name) for name in NAMES])
def test_builds_and_has_the_papers_settings(name):
    config = load(name)
    _, dataset, task = name.split('_', 2)
    degradation = config.test_dataloader.dataset.degradation
    assert TASKS[task].items() <= dict(degradation.physics).items()
    assert degradation.centre == 0.5
    with DefaultScope.overwrite_default_scope('mmagic'):
        model = without_weights(config)
        with torch.device('meta'):
            editor = MODELS.build(model)
        metrics = [type(m).__name__ for m in EVALUATORS.build(config.test_evaluator).metrics]
    assert ('MeasurementConsistency' in metrics) is (task != 'defence')
    stages = editor.inversion.stages
    assert stages[-1].name == 'DGP'
    assert all(s.optimizer.betas == (0.0, 0.999) for s in stages)
    # The papers' replacement of batch norms: tables 7, 8 and 10.
    swapped = {'inpaint', 'sr4_mse', 'defence', 'reconstruct'}
    assert all(s.instance_norm is (task in swapped) for s in stages)
    assert ('class_embedding' in stages[0].latent_lr) is (task == 'inpaint')
    if task == 'defence':
        rule = stages[0].early_stop
        assert (rule.term, rule.threshold) == ('MSE', 5e-3 / 4)
        assert editor.inversion.start.search_class == 'always'
    if dataset != 'toyfaces':
        side = int(dataset[-3:])
        assert editor.prior.image_shape == (3, side, side)
        assert editor.inversion.start.candidates == 500
        if task in PAPER:
            rows = config.model.stages
            for column, expected in zip(COLUMNS, PAPER[task]):
                assert [row.get(column) for row in rows] == expected, column


@pytest.mark.parametrize('name', ABLATION)
def test_ablation_changes_one_thing(name):
    whole, variant = name.rsplit('_', 1)
    editors = []
    for file in (whole, name):
        with DefaultScope.overwrite_default_scope('mmagic'), torch.device('meta'):
            editors.append(MODELS.build(without_weights(load(file))))
    reference, editor = editors
    stages = editor.inversion.stages
    assert [s.iterations for s in stages] == [s.iterations for s in reference.inversion.stages]
    if variant == 'z':
        assert not any(s.adapts_weights for s in stages)
        return
    assert {s.blocks for s in stages} == {5}  # with the linear layer
    weights = stages[0].term_weights
    assert weights['features'] == (0 if variant == 'mse' else 1)
    if variant == 'mse':
        assert weights['MSE'] == 4
    kind = 'PerceptualFeaturesTerm' if variant == 'vgg' else 'DiscriminatorFeaturesTerm'
    assert type(editor.inversion.objective.terms[0]).__name__ == kind


def test_the_class_of_a_photo_reaches_the_measurement():
    for name, expected in (('dgp_imagenet128_color', 17), ('dgp_toyfaces_color', 0)):
        with DefaultScope.overwrite_default_scope('mmagic'):
            sample = DATASETS.build(load(name).test_dataloader.dataset)[0]
        measurement = sample['data_samples'].metainfo['measurement']
        assert measurement.label == expected
        assert measurement.image_shape[1] == (128 if 'imagenet' in name else 64)


# The fast ones take a finish, instance norms, and an attack between them.
FAST = ('color', 'sr4_mse', 'defence')


@pytest.mark.parametrize(
    'task', [*FAST, *(pytest.param(t, marks=pytest.mark.slow) for t in TASKS if t not in FAST)]
)
def test_every_task_runs_on_toy_faces(task):
    """The whole way with two iterations and random weights of the toy networks."""
    config = load(f'dgp_toyfaces_{task}')
    model = without_weights(config)
    for row in model.stages:
        row.iterations = 2
    model.candidates.candidates = 3
    with DefaultScope.overwrite_default_scope('mmagic'):
        data = [DATASETS.build(config.test_dataloader.dataset)[i] for i in (0, 4)]
        editor = MODELS.build(model)
        with torch.no_grad():
            output = editor([None] * 2, [d['data_samples'] for d in data], mode='predict')
    for sample in output:
        image = sample.output.pred_img
        assert image.shape == (3, 64, 64) and 0 <= image.min() < image.max() <= 255
        assert torch.isfinite(sample.output.trace[0]).all()
    expected = {'color': 'DGP-Lab'}.get(task, 'DGP')
    assert output[0].output.main == expected
