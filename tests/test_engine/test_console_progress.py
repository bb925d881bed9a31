"""The progress line tells image, stage, iteration, objective and time left."""

import io
import re

import torch

import mmgenprior  # noqa: F401  (before mmagic)
from mmgenprior.engine.console_progress import ConsoleProgress, clock
from mmgenprior.inversion.callbacks import RunningStage


def test_clock():
    assert clock(3725.4) == '1:02:05'


def test_lines_name_image_stage_iteration_objective_and_time_left():
    out = io.StringIO()
    progress = ConsoleProgress(4, 3 * 2 + 2, file=out, refresh=1e-9)
    for _ in range(2):
        for name, iterations, restarts in (('first', 3, 2), ('second', 2, 1)):
            stage = RunningStage(name, iterations, first=0, last=1, is_search=True)
            for i in range(iterations):
                progress(stage, i + 1, torch.full((2 * restarts,), 0.5), None)
        progress.finish_images(2)
    lines = out.getvalue().splitlines()
    assert len(lines) == 2 * (3 + 2)
    pattern = r'images 3–4 of 4 · second · iteration 2/2 · objective \d\.\d\de-?\d+ · 0:00:00 left'
    assert re.fullmatch(pattern, lines[-1]), lines[-1]
    assert lines[0].startswith('images 1–2 of 4 · first · iteration 1/3')
    assert progress.images_done == 4


def test_work_beside_a_search_is_told_and_not_counted():
    out = io.StringIO()
    progress = ConsoleProgress(2, 10, file=out, refresh=1e-9)
    progress(RunningStage('candidates', 500), 25, None, None)
    assert out.getvalue() == 'image 1 of 2 · candidates · iteration 25/500\n'
    progress.finish_images(1)
    progress(RunningStage('DIP', 1), 1, None, None)
    assert out.getvalue().splitlines()[-1].startswith('image 2 of 2 · DIP · iteration 1/1 · ')


def test_the_log_file_gets_a_line_now_and_then():
    noted = []
    progress = ConsoleProgress(1, 4, file=io.StringIO(), refresh=1e-9, note=noted.append)
    for i in range(4):
        stage = RunningStage('s', 4, is_search=True)
        progress(stage, i + 1, torch.full((1,), 0.5), None)
    assert len(noted) == 4
    assert noted[0].startswith('image 1 of 1 · s · iteration 1/4 · objective 5.00e-01 · 0:00:0')
    seldom = ConsoleProgress(1, 4, file=io.StringIO(), note=noted.append)
    seldom(RunningStage('s', 4, is_search=True), 1, torch.full((1,), 0.5), None)
    assert len(noted) == 4


def test_nothing_is_read_from_the_device_between_two_updates():
    class Untouchable(torch.Tensor):
        def nanmean(self):
            raise AssertionError('the objective was read')

    progress = ConsoleProgress(1, 10, file=io.StringIO(), refresh=1e9)
    stage = RunningStage('s', 10, is_search=True)
    progress(stage, 1, torch.zeros(1).as_subclass(Untouchable), None)
