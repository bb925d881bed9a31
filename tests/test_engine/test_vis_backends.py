"""What MMEngine's visualizer is told of a run, and what its log file holds."""

from __future__ import annotations

import json

import cv2
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from .conftest import make_config, run, write_photos


@pytest.fixture
def config(tmp_path):
    write_photos(tmp_path / 'photos', ['a', 'sub/b'])
    config = make_config(tmp_path / 'photos', tmp_path / 'out', batch_size=1)
    prior = dict(
        type='DCGANPrior',
        generator=dict(type='DCGANGenerator', output_scale=32, base_channels=8, noise_size=4),
        latent='uniform',
    )
    config['model'] = dict(type='CSGM', prior=prior, stages=dict(CSGM=dict(iterations=3)))
    config['default_hooks']['backends'] = dict(type='VisBackendsHook')
    config['visualizer'] = dict(
        type='Visualizer',
        vis_backends=[dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')],
    )
    return config


def told(out):
    """What the newest start has told: scalars by name and step, pictures by name."""
    folder = max(out.glob('*/vis_data')) if out.is_dir() else None
    lines = [json.loads(line) for line in (folder / 'scalars.json').read_text().splitlines()]
    scalars = {}
    for line in lines:
        step = line.pop('step')
        for name, value in line.items():
            scalars.setdefault(name, {})[step] = value
    pictures = {path.name: cv2.imread(str(path)) for path in (folder / 'vis_image').iterdir()}
    return scalars, pictures, EventAccumulator(str(folder), size_guidance={'images': 0}).Reload()


def test_backends_get_curves_metrics_and_pictures(config, tmp_path, monkeypatch):
    out = tmp_path / 'out'
    run(config)
    scalars, pictures, events = told(out)
    curves = {name: curve for name, curve in scalars.items() if name.startswith('objective/')}
    assert set(curves) == {'objective/a', 'objective/sub_b'}
    assert all(list(curve) == [0, 1, 2] and min(curve.values()) > 0 for curve in curves.values())
    metrics = json.loads((out / 'metrics.json').read_text())
    assert scalars['mean/PSNR'] == {2: pytest.approx(metrics['PSNR'])}
    assert sum(scalars['image/PSNR'].values()) / 2 == pytest.approx(metrics['PSNR'])
    assert set(scalars['image/PSNR']) == {0, 1}
    for name, key in {'a_0.png': 'a', 'sub_b_1.png': 'sub/b'}.items():
        assert (pictures[name] == cv2.imread(str(out / 'pictures' / f'{key}.png'))).all()
    # TensorBoard has the same.
    found = events.Tags()
    assert set(scalars) <= set(found['scalars']) and {'a', 'sub_b'} <= set(found['images'])
    assert [point.step for point in events.Scalars('objective/a')] == [0, 1, 2]

    # The log file tells it too, whatever becomes of the run.
    (log,) = out.glob('*/*.log')
    text = log.read_text()
    assert '0 of 2 images are done.' in text and 'a is done in' in text and 'sub/b is done' in text

    # A later start tells what it has taken over.
    config['experiment_name'] += '_again'
    monkeypatch.setattr('time.strftime', lambda *args: '99999999_999999')
    run(config)
    again, pictures_again, _ = told(out)
    assert set(again) == set(scalars) and set(pictures_again) == set(pictures)
    assert all(again[name] == pytest.approx(curve) for name, curve in scalars.items())


def test_nothing_is_told_without_backends(config, tmp_path):
    config['visualizer'] = dict(type='Visualizer', vis_backends=None)
    run(config)
    assert not list((tmp_path / 'out').glob('*/vis_data/*.json'))
