from __future__ import annotations

import uuid

import cv2
import numpy as np
import pytest

import mmgenprior  # noqa: F401  (before mmagic)

METRICS = [dict(type='PSNR'), dict(type='SSIM'), dict(type='MeasurementConsistency')]
SR4 = dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)
NOISY = dict(SR4, noise=dict(type='GaussianNoise', sigma=10 / 255))


def write_photos(root, names, size=32):
    for i, name in enumerate(names):
        rng = np.random.default_rng(i)
        coarse = rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)
        path = root / f'{name}.png'
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC))


def make_config(data_root, work_dir, degradation=NOISY, batch_size=2, measured=False, **report):
    """Config of a run of the real editor, loop, evaluator and hook on small photographs."""
    pack = dict(type='PackInputs', keys=['img'], meta_keys=['measurement', 'key'])
    if measured:
        pipeline = [dict(type='LoadMeasurement', degradation=degradation), pack]
        prefix = dict(img='')
    else:
        pipeline = [dict(type='LoadPhoto'), dict(type='Degrade', degradation=degradation), pack]
        prefix = dict(gt='')
    return dict(
        default_scope='mmagic',
        custom_imports=dict(imports=['mmgenprior.components'], allow_failed_imports=False),
        model=dict(type='Bicubic', baselines=[dict(type='ZeroFilled')]),
        test_cfg=dict(type='RestorationTestLoop'),
        test_evaluator=dict(type='RestorationEvaluator', metrics=METRICS),
        test_dataloader=dict(
            batch_size=batch_size,
            num_workers=0,
            sampler=dict(type='RestorationSampler'),
            dataset=dict(
                type='RestorationDataset',
                data_root=str(data_root),
                data_prefix=prefix,
                pipeline=pipeline,
            ),
        ),
        default_hooks=dict(
            timer=None,
            logger=None,
            param_scheduler=None,
            checkpoint=None,
            report=dict(type='RestorationReportHook', **report),
        ),
        visualizer=dict(type='Visualizer', vis_backends=None),
        log_level='WARNING',
        work_dir=str(work_dir),
        # Loggers live by name: two runs within a second would share one.
        experiment_name=uuid.uuid4().hex,
    )


def run(config):
    """Run a config; its metrics."""
    from mmengine.config import Config
    from mmengine.runner import Runner

    import mmgenprior.components  # noqa: F401

    return Runner.from_cfg(Config(config)).test()


@pytest.fixture
def photos(tmp_path):
    write_photos(tmp_path / 'photos', ['a', 'b', 'sub/a', 'c10', 'c9'])
    return tmp_path / 'photos'
