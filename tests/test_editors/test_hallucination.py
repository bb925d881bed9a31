"""Maps of what was invented, from any editor, and their pictures."""

from types import SimpleNamespace

import cv2
import numpy as np
import torch
from mmagic.registry import HOOKS, MODELS

import mmgenprior.components  # noqa: F401  (registers)
from mmgenprior.inversion.results import restart_spread
from mmgenprior.visualization import map_overlay, map_picture

PRIOR = dict(
    type='BEGANPrior',
    generator=dict(type='BEGANGenerator', out_size=16, noise_size=10, channels=8),
)
BOXES = dict(physics=dict(type='RandomBoxesMask', side_mean=5, side_std=1, min_side=3), centre=0.5)
CS = dict(physics=dict(type='GaussianCompressedSensing', ratio=0.25))


def search(restarts=1, **changes):
    csgm = dict(type='CSGM', prior=PRIOR, stages=[dict(iterations=2)], restarts=restarts)
    return MODELS.build(csgm | changes)


def test_every_method_tells_what_was_not_measured(make_sample):
    for editor in (search(maps=True), MODELS.build(dict(type='PseudoInverse', maps=True))):
        samples = editor([], [make_sample(k, BOXES) for k in 'ab'], mode='predict')
        for sample in samples:
            mask = sample.metainfo['measurement'].params['mask']
            assert torch.equal(sample.output.hallucination, 1 - mask)


def test_maps_are_off_by_default_and_do_not_depend_on_the_batch(make_sample):
    plain = search(restarts=2)([], [make_sample('a')], mode='predict')[0].output
    assert 'hallucination' not in plain and 'restart_spread' not in plain
    editor = search(restarts=3, maps=8)
    alone = editor([], [make_sample('b', CS)], mode='predict')[0].output
    together = editor([], [make_sample(k, CS) for k in 'abc'], mode='predict')[1].output
    for name in ('hallucination', 'restart_spread'):
        assert together.get(name).shape == (1, 16, 16)
        assert torch.equal(together.get(name), alone.get(name)), name
    assert 0.6 < alone.hallucination.mean() < 0.9  # three quarters are not measured
    assert alone.restart_spread.min() > 0
    assert (
        'restart_spread' not in search(maps=True)([], [make_sample('a')], mode='predict')[0].output
    )


def test_a_fusion_shows_the_maps_of_its_priors_search(make_sample):
    grey = dict(physics=dict(type='Luminance'), centre=0.5)
    alone = search(restarts=3, maps=8)([], [make_sample('b', grey)], mode='predict')[0].output
    fusion = MODELS.build(
        dict(
            type='BIGPrior',
            phi=dict(in_channels=1, channels=4, depth=3),
            prior_editor=dict(type='CSGM', prior=PRIOR, stages=[dict(iterations=2)], restarts=3),
            maps=8,
        )
    )
    output = fusion([], [make_sample('b', grey)], mode='predict')[0].output
    assert {'phi', 'hallucination', 'restart_spread'} <= set(output.keys())
    assert output.restart_spread.shape == alone.restart_spread.shape
    assert output.restart_spread.min() > 0


def test_spread_is_the_deviation_of_the_restarts():
    images = torch.rand(6, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    table = images.view(2, 3, 3, 4, 4)
    expected = table.var(1, correction=0).mean(1, keepdim=True).sqrt()
    torch.testing.assert_close(restart_spread(images, 3), expected)
    images[1] = float('nan')
    two = table[0][[0, 2]].var(0, correction=0).mean(0).sqrt()
    torch.testing.assert_close(restart_spread(images, 3)[0, 0], two)
    assert restart_spread(images * 5 + 2, 3)[1].abs().max() == 0, 'it is of what is shown'


def test_overlay():
    picture = np.full((4, 6, 3), 90, np.uint8)
    values = np.zeros((1, 2, 3), np.float32)
    values[0, 0, 0], values[0, 1, 2] = 1, np.nan
    over = map_overlay(picture, values, opacity=1.0)
    assert (over[:2, :2] == map_picture(np.ones((1, 1, 1)))).all()
    assert (over[2:] == 90).all() and (over[:, 2:] == 90).all()
    half = map_overlay(picture, np.full((3, 4, 6), 3.0), low=1, high=2, opacity=0.5)
    bright = map_picture(np.ones((1, 1, 1)))[0, 0].astype(float)
    assert np.abs(half - (90 + bright) / 2).max() <= 0.5
    assert map_picture(np.zeros((1, 1, 1))).sum() < 30 < 400 < bright.sum()


def test_hook_saves_arrays_and_draws_over_the_picture(make_sample, tmp_path):
    sample = search(restarts=2, maps=True)([], [make_sample('x/a', BOXES)], mode='predict')[0]
    sample.set_metainfo(dict(row=dict(key='x/a')))
    HOOKS.build(dict(type='MapsHook')).after_test_iter(
        SimpleNamespace(work_dir=str(tmp_path)), 0, None, [sample]
    )
    found = {str(f.relative_to(tmp_path)) for f in tmp_path.rglob('*.*')}
    names = ('hallucination', 'restart_spread')
    assert found == {
        *(f'{name}/x/a.{kind}' for name in names for kind in ('npy', 'png')),
        *(f'{name}_over/x/a.png' for name in names),
    }
    values = np.load(tmp_path / 'hallucination' / 'x' / 'a.npy')
    assert values.shape == (1, 16, 16) and values.dtype == np.float32
    over = cv2.imread(str(tmp_path / 'hallucination_over' / 'x' / 'a.png'))
    restored = sample.output.pred_img.round().byte().permute(1, 2, 0).numpy()
    assert (over[values[0] == 0] == restored[values[0] == 0]).all()
    assert (over[values[0] == 1] != restored[values[0] == 1]).any()
