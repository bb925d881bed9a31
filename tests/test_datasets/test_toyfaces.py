"""Toy faces: the same everywhere, different from each other, and a data set of MMagic."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

import mmgenprior.components  # noqa: F401  (before mmagic)

# isort: split
from mmagic.registry import DATASETS, MODELS
from mmengine.dataset import pseudo_collate
from mmengine.registry import FUNCTIONS, DefaultScope
from torch.utils.data import DataLoader, default_collate

from mmgenprior.datasets.toyfaces import (
    CLASSES,
    SPLITS,
    draw_parameters,
    render_face,
    render_parameters,
)
from mmgenprior.datasets.toyfaces.parameters import HAIR_STYLES
from mmgenprior.utils.errors import UserError

# Mean of R, G, B over the upper and the lower half, of one face per class and split.
PINNED = {
    ('train', 0): [126.15, 105.9, 115.03, 96.53, 91.8, 89.46],
    ('train', 1): [112.55, 99.73, 96.74, 129.1, 111.57, 107.1],
    ('train', 2): [94.33, 80.36, 121.58, 111.38, 93.63, 116.46],
    ('test', 3): [90.49, 67.28, 88.83, 76.53, 70.48, 59.2],
    ('test', 4): [157.1, 112.73, 110.78, 109.22, 90.23, 96.96],
}


def halves(image: np.ndarray) -> np.ndarray:
    return image.reshape(2, 32, 64, 3).mean(axis=(1, 2)).ravel()


def build(**options):
    with DefaultScope.overwrite_default_scope('mmagic'):
        return DATASETS.build(dict(type='ToyFacesDataset', pipeline=[]) | options)


@pytest.mark.parametrize('key', PINNED)
def test_faces_are_the_same_on_every_platform(key):
    split, index = key
    # Rounding of sines differs between platforms, a changed picture differs by far more.
    np.testing.assert_allclose(halves(render_face(0, split, index)), PINNED[key], atol=0.1)


def test_a_face_is_a_function_of_its_number():
    first = render_face(0, 'train', 7)
    np.random.seed(3)  # noqa: NPY002  (the global stream must not matter)
    render_face(0, 'train', 8)
    np.testing.assert_array_equal(render_face(0, 'train', 7), first)
    assert first.shape == (64, 64, 3) and first.dtype == np.uint8


def test_seed_split_and_number_change_everything():
    noise = [draw_parameters(*key).noise for key in [(0, 'train', 3), (1, 'train', 3)]]
    noise += [draw_parameters(0, 'test', 3).noise, draw_parameters(0, 'train', 4).noise]
    values = np.concatenate([n.ravel() for n in noise])
    # 1024 draws of 24 bits have some 0.03 coincidences; a shared stream would have 256.
    assert len(np.unique(values)) > len(values) - 3


def as_vector(face):
    values = (getattr(face, field.name) for field in dataclasses.fields(face))
    return np.concatenate([np.ravel(np.asarray(value, float)) for value in values])


def test_splits_share_no_face():
    faces = {s: [as_vector(draw_parameters(0, s, i)) for i in range(200)] for s in SPLITS}
    train, test = (np.stack(faces[s])[:, -512:] for s in SPLITS)
    nearest = [np.abs(train - vector).mean(axis=1).min() for vector in test]
    assert min(nearest) > 0.2  # two independent vectors of uniform numbers are 1/3 apart


def test_classes_take_turns_and_can_be_asked_for():
    labels = [draw_parameters(0, 'test', i).label for i in range(50)]
    assert np.bincount(labels).tolist() == [10] * len(CLASSES)
    asked = draw_parameters(0, 'test', 3, label=1)
    own = draw_parameters(0, 'test', 3)
    assert (asked.label, own.label) == (1, 3)
    np.testing.assert_array_equal(asked.skin, own.skin)


def test_a_class_is_what_is_added_to_the_same_face():
    plain = render_face(0, 'test', 20, label=0).astype(int)
    for label in range(1, len(CLASSES)):
        changed = np.abs(render_face(0, 'test', 20, label=label) - plain).max(axis=2) > 16
        assert 0.02 < changed.mean() < 0.5, CLASSES[label]


@pytest.mark.parametrize('style', range(len(HAIR_STYLES)))
def test_every_style_of_every_class_can_be_painted(style):
    for label in range(len(CLASSES)):
        parameters = draw_parameters(0, 'test', style, label)
        image = render_parameters(dataclasses.replace(parameters, hair_style=style))
        assert 5 < image.mean() < 250 and image.std() > 10


def test_painting_keeps_single_precision():
    assert all(
        value.dtype == np.float32
        for value in vars(draw_parameters(0, 'train', 0)).values()
        if isinstance(value, np.ndarray)
    )


def test_pictures_use_the_range_and_vary():
    faces = np.stack([render_face(0, 'train', i) for i in range(60)]).astype(float)
    assert faces.min() < 15 and faces.max() > 240
    assert 60 < faces.mean() < 170
    assert faces.std(axis=0).mean() > 30
    assert np.quantile([(f > 250).mean() for f in faces], 0.9) < 0.1  # few are burnt out


def test_light_is_on_the_side_that_it_comes_from():
    parameters = draw_parameters(0, 'test', 10)
    parameters = dataclasses.replace(parameters, roll=0.0, yaw=0.0, shift=(0.0, 0.0), hair_part=0.0)
    sums = []
    for x in (-0.7, 0.7):
        light = np.array([x, -0.2, np.sqrt(1 - 0.49 - 0.04)], np.float32)
        image = render_parameters(dataclasses.replace(parameters, light=light)).astype(float)
        sums.append(image[:, 32:].mean() - image[:, :32].mean())
    assert sums[0] < -10 and sums[1] > 10


def test_finer_sampling_changes_little():
    for i in range(5):
        parameters = draw_parameters(0, 'test', i)
        coarse = render_parameters(parameters).astype(float)
        fine = render_parameters(parameters, sampling=4).astype(float)
        assert np.abs(coarse - fine).mean() < 1.5


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ((0, 'valid', 0), "split 'valid'"),
        ((0, 'test', -1), 'must not be negative'),
        ((0, 'test', 0, 5), 'label 5'),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_parameters(*arguments)


def test_samples_of_the_data_set():
    dataset = build(split='test', length=20, labels=True)
    assert len(dataset) == 20 and dataset.metainfo['classes'] == CLASSES
    sample = dataset[12]
    assert sample['key'] == 'test-000012'
    assert sample['gt_label'] == 2
    np.testing.assert_array_equal(sample['gt'][..., ::-1], render_face(0, 'test', 12))
    assert 'gt_label' not in build(split='test', length=1)[0]
    assert [s['key'] for s in build(split='test', length=20, indices=3)] == [
        f'test-{i:06d}' for i in range(3)
    ]


def test_cache_returns_fresh_copies():
    dataset = build(length=3, cache=True)
    first = dataset[1]['gt'].copy()
    dataset[1]['gt'][:] = 0
    np.testing.assert_array_equal(dataset[1]['gt'], first)
    np.testing.assert_array_equal(first, build(length=3)[1]['gt'])


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(split='all'), "split 'all'"),
        (dict(length=0), 'length=0'),
        (dict(seed=-1), 'seed=-1'),
        (dict(growing={'48': 4}), 'side 48'),
        (dict(whole_batches=True, pipeline=[]), "cache='FOLDER' and pipeline="),
        (dict(whole_batches=True, cache='faces', pipeline=[dict(type='PackInputs')]), 'cache='),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(UserError, match=message):
        build(**options)


def test_training_batch_is_normalised_with_labels():
    dataset = build(length=10, labels=True, pipeline=[dict(type='PackInputs')])
    with DefaultScope.overwrite_default_scope('mmagic'):
        preprocessor = MODELS.build(dict(type='DataPreprocessor'))
        batch = preprocessor(pseudo_collate([dataset[i] for i in range(4)]), training=True)
    images, labels = batch['data_samples'].gt_img, batch['data_samples'].gt_label.label
    assert labels.flatten().tolist() == [0, 1, 2, 3]
    expected = torch.from_numpy(render_face(0, 'train', 2)[..., ::-1].copy()).permute(2, 0, 1)
    torch.testing.assert_close(images[2], expected / 127.5 - 1)


def test_restoration_sample():
    degradation = dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)
    dataset = build(
        split='test',
        length=2,
        pipeline=[
            dict(type='Degrade', degradation=degradation),
            dict(type='PackInputs', keys=['img'], meta_keys=['measurement', 'key']),
        ],
    )
    sample = dataset[1]
    measurement = sample['data_samples'].metainfo['measurement']
    assert tuple(measurement.y.shape[-2:]) == (16, 16)
    assert sample['data_samples'].metainfo['key'] == 'test-000001'
    assert sample['data_samples'].gt_img.shape == (3, 64, 64)


def test_growing_pictures():
    dataset = build(length=2, growing={'4': 16, '64': 2})
    assert dataset.samples_per_gpu == 2
    assert not dataset.update_annotations(64)
    assert dataset.update_annotations(4)
    assert dataset.samples_per_gpu == 16
    small, full = dataset[1]['gt'], build(length=2)[1]['gt']
    means = full.reshape(4, 16, 4, 16, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(small, means, atol=1)
    with pytest.raises(UserError, match='side 8'):
        dataset.update_annotations(8)
    assert not build(length=1).update_annotations(4)


@pytest.mark.parametrize('labels', [False, True])
def test_what_is_kept_in_a_folder_is_what_is_rendered(labels, tmp_path, monkeypatch):
    plain = build(length=3, labels=labels, latents=128)
    kept = build(length=3, labels=labels, latents=128, cache=str(tmp_path))
    later = build(length=3, labels=labels, latents=128, cache=str(tmp_path))
    expected = [plain[number] for number in range(3)]
    for number, sample in enumerate(expected):
        first = kept[number]
        first['gt'][:] = 0  # a copy: what is kept stays
        assert torch.equal(first['latent'], sample['latent'])
        assert not np.array_equal(first['gt'], sample['gt'])

    def rendered_again(*_):
        raise AssertionError

    monkeypatch.setattr('mmgenprior.datasets.toyfaces.dataset.render_face', rendered_again)
    monkeypatch.setattr('mmgenprior.datasets.toyfaces.dataset.face_latent', rendered_again)
    for number, sample in enumerate(expected):
        np.testing.assert_array_equal(later[number]['gt'], sample['gt'])
        assert torch.equal(later[number]['latent'], sample['latent'])


@pytest.mark.parametrize('labels', [False, True])
def test_a_whole_batch_is_its_samples(labels, tmp_path):
    options = dict(length=9, labels=labels, latents=128, pipeline=[])
    plain = build(**options)
    kept = build(**options, cache=str(tmp_path), whole_batches=True)
    numbers = [7, 2, 7]
    loader = DataLoader(kept, batch_sampler=[numbers], collate_fn=FUNCTIONS.get('keep_batch'))
    (batch,) = loader
    expected = default_collate([plain[number] for number in numbers])
    assert batch.keys() == {'gt', 'latent', 'gt_label'} - (set() if labels else {'gt_label'})
    assert all(torch.equal(batch[name], expected[name]) for name in batch)
    assert [s['key'] for s in plain.__getitems__(numbers)] == [plain[n]['key'] for n in numbers]
