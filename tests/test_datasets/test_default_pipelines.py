"""The pipeline that follows from a degradation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mmgenprior.components  # noqa: F401  (before mmagic)

# isort: split
from mmagic.registry import DATASETS
from mmengine.registry import DefaultScope

from mmgenprior.utils.errors import UserError

HALF = dict(centre=0.5, physics=dict(type='BicubicDownsampling', factor=2), noise=None)
HOLE = dict(centre=0.5, physics=dict(type='FileMask'), noise=None)
SHIFT = [dict(type='Translate', shift=[2, 0])]
PACK = dict(type='PackInputs', keys=['img'], meta_keys=['measurement', 'key'])


def build(**options):
    with DefaultScope.overwrite_default_scope('mmagic'):
        return DATASETS.build(options)


def restoration(root, gt='gt', **options):
    return build(
        type='RestorationDataset', data_root=str(root), **(dict(data_prefix=dict(gt=gt)) | options)
    )


def toyfaces(**options):
    return build(type='ToyFacesDataset', split='test', length=2, **options)


def names(dataset) -> list[str]:
    return [type(step).__name__ for step in dataset.pipeline.transforms]


def measurement(dataset, index=0):
    return dataset[index]['data_samples'].metainfo['measurement']


def same(first, second) -> bool:
    """Whether two data sets give the same first sample."""
    samples = [dataset[0]['data_samples'] for dataset in (first, second)]
    y, other = (sample.metainfo['measurement'].y for sample in samples)
    return torch.equal(y, other) and torch.equal(samples[0].gt_img, samples[1].gt_img)


def test_photos_are_loaded_fitted_degraded_and_packed(folder):
    root = folder('gt/a.png', size=(20, 24))
    short = restoration(root, degradation=HALF, size=8)
    assert names(short) == ['LoadPhoto', 'Degrade', 'PackInputs']
    written = [
        dict(type='LoadPhoto', key='gt', size=8),
        dict(type='Degrade', degradation=HALF),
        PACK,
    ]
    assert same(short, restoration(root, pipeline=written))
    assert measurement(short).y.shape == (3, 4, 4)
    assert measurement(restoration(root, degradation=HALF)).image_shape == (3, 20, 24)


def test_steps_before_the_degradation(folder):
    root = folder('gt/a.png')
    short = restoration(root, degradation=HALF, before_degrade=SHIFT)
    assert names(short) == ['LoadPhoto', 'Translate', 'Degrade', 'PackInputs']
    written = [dict(type='LoadPhoto'), *SHIFT, dict(type='Degrade', degradation=HALF), PACK]
    assert same(short, restoration(root, pipeline=written))
    assert names(toyfaces(degradation=HALF, before_degrade=SHIFT))[0] == 'Translate'


def test_measured_files_are_loaded_with_their_truth_where_there_is_one(folder):
    root = folder('img/a.png', 'img/b.png', 'gt/b.png')
    prefix = dict(img='img', gt='gt')
    dataset = restoration(root, data_prefix=prefix, optional=['gt'], degradation=HALF, size=32)
    assert names(dataset) == ['LoadMeasurement', 'LoadPhoto', 'PackInputs']
    assert measurement(dataset).image_shape == (3, 32, 32)
    assert ['gt_img' in dataset[i]['data_samples'] for i in range(2)] == [False, True]
    assert dataset[1]['data_samples'].gt_img.shape == (3, 32, 32)
    oblong = restoration(root, data_prefix=dict(img='img'), degradation=HALF, size=[32, 32])
    assert measurement(oblong).image_shape == (3, 32, 32)
    # Without a size the operator tells it.
    assert measurement(
        restoration(root, data_prefix=dict(img='img'), degradation=HALF)
    ).image_shape == (3, 32, 32)


@pytest.mark.parametrize('role', ['gt', 'img'])
def test_masks_are_white_where_observed_or_the_other_way_round(folder, role):
    import cv2

    root = folder(f'{role}/a.png')
    mask = np.zeros((16, 16), np.uint8)
    mask[:4] = 255
    cv2.imwrite(str(root / 'mask.png'), mask)
    options = dict(data_prefix={role: role, 'mask': 'mask.png'}, degradation=HOLE)
    observed, hole = (
        measurement(restoration(root, **options, invert_mask=invert)).params['mask']
        for invert in (False, True)
    )
    assert observed.mean() == 0.25
    assert torch.equal(observed, 1 - hole)


def test_toy_faces_are_degraded_and_packed():
    short = toyfaces(degradation=HALF)
    assert names(short) == ['Degrade', 'PackInputs']
    assert same(short, toyfaces(pipeline=[dict(type='Degrade', degradation=HALF), PACK]))
    assert measurement(short).key == 'test-000000'


def test_a_written_pipeline_wins(folder):
    root = folder('gt/a.png')
    assert names(restoration(root, pipeline=[dict(type='LoadPhoto')])) == ['LoadPhoto']
    assert names(restoration(root, pipeline=[])) == names(toyfaces(pipeline=[])) == []


def test_both_or_neither_is_one_line(folder):
    root = folder('gt/a.png', 'img/a.png')
    pipeline = [dict(type='LoadPhoto')]
    with pytest.raises(UserError, match=r'RestorationDataset: pipeline=.* leave out degradation '):
        restoration(root, pipeline=pipeline, degradation=HALF)
    with pytest.raises(UserError, match='leave out size, before_degrade beside it'):
        restoration(root, pipeline=pipeline, size=8, before_degrade=SHIFT)
    with pytest.raises(UserError, match='ToyFacesDataset: pipeline='):
        toyfaces(pipeline=pipeline, degradation=HALF)
    for make in (toyfaces, lambda: restoration(root)):
        with pytest.raises(UserError, match=r'Give degradation=dict\(.* or write out a pipeline'):
            make()
    with pytest.raises(UserError, match='before_degrade is for photographs'):
        restoration(root, data_prefix=dict(img='img'), degradation=HALF, before_degrade=SHIFT)
