"""MMagic's own networks, trained by MMagic's own pieces on what Degrade makes."""

from __future__ import annotations

import pickle
import uuid

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import ConcatDataset, RepeatDataset
from mmengine.hooks import Hook
from mmengine.runner import Runner

import mmgenprior.components  # noqa: F401
from mmgenprior.datasets.visits import VisitedIndex
from mmgenprior.engine import EpochSampler

from .conftest import write_photos

NOISY_SR2 = dict(
    physics=dict(type='BicubicDownsampling', factor=2),
    noise=dict(type='GaussianNoise', sigma=25 / 255),
)


def srcnn(photos, work_dir, channel_order='rgb', workers=0, loop='iterations', **degrade):
    """The stock SRCNN, with a pipeline as MMagic writes them."""
    load = dict(type='LoadImageFromFile', key='gt', color_type='color', channel_order=channel_order)
    degrade = dict(type='Degrade', degradation=NOISY_SR2, **degrade)
    endless = loop == 'iterations'
    which = 'InfiniteSampler' if endless else 'DefaultSampler'
    dataset = dict(
        type='BasicImageDataset',
        metainfo=dict(dataset_type='photos', task_name='sisr'),
        data_root=str(photos),
        data_prefix=dict(gt=''),
        pipeline=[load, degrade, dict(type='PackInputs')],
    )
    return dict(
        default_scope='mmagic',
        model=dict(
            type='BaseEditModel',
            generator=dict(
                type='SRCNNNet', channels=(3, 8, 4, 3), kernel_sizes=(9, 1, 5), upscale_factor=2
            ),
            pixel_loss=dict(type='L1Loss', loss_weight=1.0, reduction='mean'),
            data_preprocessor=dict(type='DataPreprocessor', mean=[0.0] * 3, std=[255.0] * 3),
        ),
        train_dataloader=dict(
            batch_size=2,
            num_workers=workers,
            persistent_workers=workers > 0,
            sampler=dict(type='EpochSampler', sampler=dict(type=which, shuffle=True)),
            dataset=dataset,
        ),
        train_cfg=(
            dict(type='IterBasedTrainLoop', max_iters=6)
            if endless
            else dict(type='EpochBasedTrainLoop', max_epochs=3)
        ),
        optim_wrapper=dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-3)),
        default_hooks=dict(checkpoint=None),
        visualizer=dict(type='Visualizer', vis_backends=None),
        randomness=dict(seed=0),
        log_level='WARNING',
        work_dir=str(work_dir),
        experiment_name=uuid.uuid4().hex,
    )


class Watch(Hook):
    """Keeps what the network was given."""

    def __init__(self):
        self.seen = {}

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        for image, sample in zip(data_batch['inputs'], data_batch['data_samples']):
            name = sample.metainfo['gt_path'].rsplit('/', 1)[-1]
            self.seen.setdefault(name, []).append(
                (image.clone(), sample.gt_img.clone(), sample.metainfo['img_channel_order'])
            )


def train(config):
    """The pictures of every photo in the order of the epochs, and the weights at the end."""
    runner = Runner.from_cfg(Config(config))
    watch = Watch()
    runner.register_hook(watch)
    before = [p.detach().clone() for p in runner.model.parameters()]
    runner.train()
    after = [p.detach().clone() for p in runner.model.parameters()]
    assert all(not torch.equal(a, b) for a, b in zip(before, after))
    return watch.seen, after


@pytest.fixture
def photos(tmp_path):
    write_photos(tmp_path / 'photos', ['a', 'b', 'c', 'd'], size=24)
    return tmp_path / 'photos'


@pytest.mark.parametrize('loop', ['iterations', 'epochs'])
def test_srcnn_sees_fresh_noise_whatever_the_workers(photos, tmp_path, loop):
    found = [
        train(srcnn(photos, tmp_path / str(workers), workers=workers, loop=loop, epoch_seed=True))
        for workers in (0, 2)
    ]
    (seen, weights), (again, same_weights) = found
    assert set(seen) == {'a.png', 'b.png', 'c.png', 'd.png'}
    for name, visits in seen.items():
        assert len(visits) == 3
        pictures = [picture for picture, _, _ in visits]
        assert all(torch.equal(x, y) for x, (y, _, _) in zip(pictures, again[name]))
        assert not any(torch.equal(pictures[i], pictures[j]) for i, j in [(0, 1), (0, 2), (1, 2)])
        # The same photo under it, and noise of the size that was asked for.
        difference = (pictures[0] - pictures[1]) / 255
        assert difference.std().item() == pytest.approx(2**0.5 * 25 / 255, rel=0.25)
    assert all(torch.equal(a, b) for a, b in zip(weights, same_weights))


def test_the_same_noise_without_epoch_seed_and_both_channel_orders(photos, tmp_path):
    rgb, bgr = (
        train(srcnn(photos, tmp_path / order, channel_order=order))[0] for order in ('rgb', 'bgr')
    )
    for name in rgb:
        (first, gt, order), (second, _, _), _ = rgb[name]
        assert order == 'rgb' and bgr[name][0][2] == 'bgr'
        assert torch.equal(first, second)
        assert torch.equal(first, bgr[name][0][0].flip(0))
        photo = cv2.imread(str(photos / name))[..., ::-1].transpose(2, 0, 1)
        np.testing.assert_array_equal(gt.numpy(), photo)


def test_an_index_remembers_the_epoch():
    index = pickle.loads(pickle.dumps(VisitedIndex(5, 2)))
    assert (index, index.visit) == (5, (2,)) and [*range(9)][index] == 5
    assert ((index % 3), (index % 3).visit) == (2, (2, 1))
    assert ((index - 4), (index - 4).visit) == (1, (2,))


def test_repeated_and_joined_data_sets_keep_it(photos):
    from mmagic.registry import DATASETS

    config = srcnn(photos, photos, epoch_seed=True)['train_dataloader']['dataset']
    one = DATASETS.build(config)
    repeated = RepeatDataset(one, times=2)
    visits = [repeated[VisitedIndex(i, 0)]['inputs'] for i in (1, 5)]
    assert not torch.equal(*visits)
    joined = ConcatDataset([one, one])
    assert not torch.equal(
        *(joined[VisitedIndex(i, epoch)]['inputs'] for i, epoch in [(5, 0), (5, 1)])
    )


@pytest.mark.parametrize('world', [1, 2, 3])
def test_an_endless_sampler_goes_on_to_the_next_epoch_on_every_process(monkeypatch, world):
    seen = []
    for rank in range(world):
        for module in ('mmgenprior.engine.samplers', 'mmengine.dataset.sampler'):
            monkeypatch.setattr(f'{module}.get_dist_info', lambda rank=rank: (rank, world))
        sampler = EpochSampler(range(5), dict(type='InfiniteSampler', shuffle=True), seed=0)
        walk = iter(sampler)
        seen += [next(walk) for _ in range(30 // world)]
    visits = sorted((index.visit[0], int(index)) for index in seen)
    assert visits == [(epoch, index) for epoch in range(6) for index in range(5)]
