"""The progress line tells image, stage, iteration, objective and time left."""

import io
import re

import torch

from mmgenprior.inversion import Inversion, InversionProgress, Stage
from mmgenprior.inversion.progress import clock, work_per_image
from mmgenprior.structures import MeasurementBatch


def test_clock():
    assert clock(3725.4) == '1:02:05'


def test_lines_name_image_stage_iteration_objective_and_time_left(prior, degradation, y):
    out = io.StringIO()
    progress = InversionProgress(file=out, refresh=1e-9)
    stages = [
        dict(name='first', iterations=3, latent_lr=0.1),
        dict(name='second', iterations=2, latent_lr=0.1),
    ]
    start = dict(type='RandomLatents', restarts=2)
    inversion = Inversion(prior, stages, initialization=start, lanes=8)
    progress.begin(4)
    batch = MeasurementBatch(y, degradation, prior.image_shape, list('abcde'))
    inversion(batch.take([0, 1]), progress=progress)
    inversion(batch.take([2, 3]), progress=progress)
    lines = out.getvalue().splitlines()
    assert len(lines) == 2 * (3 + 2)
    pattern = r'images 3–4 of 4 · second · iteration 2/2 · objective \d\.\d\de-?\d+ · 0:00:00 left'
    assert re.fullmatch(pattern, lines[-1]), lines[-1]
    assert lines[0].startswith('images 1–2 of 4 · first · iteration 1/3')
    assert progress.images_done == 4
    assert work_per_image(inversion.stages, 2) == 3 * 2 + 2


def test_disabled_prints_nothing(prior, degradation, y):
    out = io.StringIO()
    progress = InversionProgress(enabled=False, file=out, refresh=1e-9)
    batch = MeasurementBatch(y, degradation, prior.image_shape, list('abcde'))
    Inversion(prior, [dict(name='s', iterations=2)])(batch, 0, progress)
    assert out.getvalue() == ''


def test_nothing_is_read_from_the_device_between_two_updates(prior, degradation, y):
    class Untouchable(torch.Tensor):
        def nanmean(self):
            raise AssertionError('the objective was read')

    progress = InversionProgress(file=io.StringIO(), refresh=1e9)
    progress.start_batch(1, 10)
    stage = Stage(name='s', iterations=10)
    progress.step(stage, 1, torch.zeros(1).as_subclass(Untouchable))
