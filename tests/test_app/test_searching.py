"""A search is watched from outside, and stops when nobody wants it any more."""

import threading
import time

import pytest
import torch

from mmgenprior.api.events import Cancelled
from mmgenprior.app.curves import curve
from mmgenprior.app.looks import live, progress
from mmgenprior.app.searching import Run, Snapshot, TookTooLong, Watch, watched
from mmgenprior.inversion.callbacks import RunningStage


def stage(name: str, iterations: int) -> RunningStage:
    return RunningStage(name, iterations, is_search=True)


def walk(watch: Watch, name: str, iterations: int, pause: float = 0.0) -> None:
    for i in range(1, iterations + 1):
        time.sleep(pause)
        watch(stage(name, iterations), i, torch.tensor([10.0 / i]), torch.full((1, 3, 4, 4), 0.5))


def test_snapshots_then_the_result():
    watch = Watch(threading.Event(), interval=0)
    *snapshots, result = watched(lambda w: walk(w, 'descent', 5, 0.01) or 'result', watch)
    assert result == 'result' and watch.stop.is_set()
    last = snapshots[-1]
    assert (last.face, last.stage, last.iteration, last.iterations) == (1, 'descent', 5, 5)
    assert last.runs == (Run('descent', tuple(pytest.approx(10 / i) for i in range(1, 6))),)
    assert last.picture.shape == (4, 4, 3) and (last.picture == 128).all()


def test_snapshots_are_few():
    watch = Watch(threading.Event(), interval=10)
    *snapshots, _ = watched(lambda w: walk(w, 'descent', 50), watch)
    # The last iteration of a stage is always shown, with the objectives of all.
    assert len(snapshots) == 1 and len(snapshots[0].runs[0].values) == 50


def test_stages_draws_and_faces_have_curves_of_their_own():
    watch = Watch(threading.Event(), interval=0)
    for _ in range(2):
        for name, iterations in [('descent', 3), ('sampled', 2), ('sampled', 2)]:
            walk(watch, name, iterations)
    seen = []
    while not watch.told.empty():
        seen.append(watch.told.get())
    assert [s.face for s in seen] == [1] * 7 + [2] * 7
    assert [(run.name, len(run.values)) for run in seen[-1].runs] == [
        ('descent', 3),
        ('sampled', 2),
        ('sampled', 2),
    ]


def test_an_error_of_the_work_is_raised():
    def work(watch):
        raise ValueError('no such thing')

    with pytest.raises(ValueError, match='no such thing'):
        list(watched(work, Watch(threading.Event())))


@pytest.mark.parametrize('how', ['stop', 'leave', 'time'])
def test_a_search_stops(how):
    ended = threading.Event()

    def work(watch):
        try:
            walk(watch, 'descent', 100_000, 0.001)
        finally:
            ended.set()

    watch = Watch(threading.Event(), 0.05 if how == 'time' else 60, interval=0)
    seen = watched(work, watch)
    next(seen)
    if how == 'leave':
        seen.close()
    else:
        if how == 'stop':
            watch.stop.set()
        with pytest.raises(TookTooLong if how == 'time' else Cancelled):
            list(seen)
    assert ended.wait(2)


def test_what_is_shown_of_a_search():
    runs = (Run('a<b', (1e4, 1e3, 50.0)), Run('latent', (0.5,)), Run('odd', (float('nan'),)))
    snapshot = Snapshot(2, 'a<b', 3, 60, runs[:2], None)
    svg = curve(runs)
    assert svg.count('<polyline') == 2 and 'a&lt;b' in svg and 'a<b' not in svg
    assert '>1e+04</text>' in svg and '>→ 50</text>' in svg and 'nan' not in svg
    assert curve(()) == '' and '<polyline' in curve([Run('flat', (2.0, 2.0))])
    assert svg in live(Snapshot(2, 'a<b', 3, 60, runs, None))
    assert progress(snapshot) == 'face 2 · a<b · iteration 3 of 60 · objective 0.5'
