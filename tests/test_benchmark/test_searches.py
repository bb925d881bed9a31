"""Trajectories, levels and summaries: what is said of a search is what the search did."""

import time

import pytest
import torch

from mmgenprior.benchmark import trajectory
from mmgenprior.benchmark.cases import CASES, chosen_cases, kind_of
from mmgenprior.benchmark.clock import choose_clock, seconds
from mmgenprior.benchmark.curves import curve
from mmgenprior.benchmark.drawing import draw_curves
from mmgenprior.benchmark.pictures import photographs, toy_faces
from mmgenprior.benchmark.quality import compare, measure_quality, psnr, summary
from mmgenprior.benchmark.search_settings import FAMILIES, SEARCHES, plain_steps, shortened
from mmgenprior.benchmark.step_settings import STEP_SETTINGS
from mmgenprior.benchmark.trajectory import Trajectory, of_inversion, of_plain
from mmgenprior.editors import CSGM
from mmgenprior.inversion.optimizers.levenberg_marquardt import LevenbergMarquardtRun
from mmgenprior.priors import BEGANPrior
from mmgenprior.utils.errors import UserError

from .conftest import measured


def search(objectives, errors=None, step=1.0):
    """A search whose image number i is off by errors[i] everywhere."""
    errors = objectives if errors is None else errors
    images = [torch.full((3, 4, 4), 0.5 + e) for e in errors]
    return Trajectory([step * (i + 1) for i in range(len(objectives))], list(objectives), images)


def test_kept_is_the_lowest_so_far():
    nan = float('nan')
    assert search([3, 2, 2.5, 1, nan]).kept() == [0, 1, 1, 3, 3]
    assert search([nan, 2, nan, 1]).kept() == [0, 1, 1, 3]


def test_until_and_at_ask_what_is_kept():
    found = search([3, 2, 2.5, 1])
    assert found.until(lambda i: found.objectives[i] <= 2) == 2.0
    assert found.until(lambda i: False) is None
    assert [found.at(t) for t in (0.5, 1.0, 3.9, 9.0)] == [None, 0, 1, 3]


def test_levels_are_where_the_plain_loop_ends():
    truth = torch.full((3, 4, 4), 0.5)
    plain = search([0.4, 0.3, 0.2, 0.2])
    ours = search([0.3, 0.1], step=0.5)
    found = compare(plain, ours, truth)
    assert found['plain']['to_objective'] == found['plain']['to_psnr'] == 3.0
    assert found['plain']['seconds'] == 4.0
    assert found['ours']['to_objective'] == found['ours']['to_psnr'] == 1.0
    assert found['ours']['psnr'] == pytest.approx(20.0)
    never = compare(plain, search([0.3, 0.25]), truth)
    assert never['ours']['to_objective'] is None and never['ours']['to_psnr'] is None
    told = summary([found, never, never])
    assert told['objective'] == dict(whole=0.0, first=0.0, reached=1)
    assert summary([found])['psnr'] == dict(whole=4.0, first=3.0, reached=1)


def test_psnr_is_that_of_the_report():
    from mmagic.evaluation.metrics.psnr import psnr as theirs

    stream = torch.Generator().manual_seed(0)
    truth, image = torch.rand(2, 3, 16, 16, generator=stream)
    expected = theirs(truth.mul(255).numpy(), image.mul(255).numpy(), input_order='CHW')
    assert psnr(image, truth) == pytest.approx(float(expected), abs=1e-5)
    assert psnr(truth, truth) == float('inf')


def test_curve_is_the_mean_of_what_is_kept_at_a_moment(tmp_path):
    truths = torch.full((2, 3, 4, 4), 0.5)
    searches = [search([0.4, 0.2]), search([0.3, 0.1], step=2.0)]
    found = curve(searches, truths, dict(error=lambda x, truth: float((x - truth).abs().max())))
    assert found['seconds'][0] == 2.0 and found['seconds'][-1] == 4.0
    assert found['error'][0] == pytest.approx((0.2 + 0.3) / 2)
    assert found['error'][-1] == pytest.approx((0.2 + 0.1) / 2)
    both = dict(seconds=found['seconds'], PSNR=found['error'], LPIPS=found['error'])
    alone = dict(seconds=found['seconds'], PSNR=found['error'])
    results = [
        dict(case='curves-dcgan64', images=2, curves=dict(Adam=both)),
        dict(case='curves-began64', images=2, curves=dict(Adam=alone)),
    ]
    draw_curves(results, tmp_path / 'curves.png')
    assert (tmp_path / 'curves.png').stat().st_size > 10_000


def test_engine_and_plain_search_are_told_in_full():
    prior = BEGANPrior(dict(type='BEGANGenerator', out_size=16, noise_size=6, channels=4)).double()
    one = measured(prior, count=1, factor=4)
    inversion = CSGM(prior, stages=[dict(iterations=6)]).inversion
    ours = of_inversion(inversion, one)
    assert len(ours.seconds) == len(ours.images) == 7  # and what it ends with
    assert ours.seconds == sorted(ours.seconds)
    assert ours.objectives[-1] == min(ours.objectives)
    settings = SEARCHES['began64-iagan']
    steps = plain_steps(settings, prior, one, 0, divisor=200)
    plain = of_plain(steps, 'cpu')
    assert len(plain.images) == 800 // 200 + max(2, 300 // 200)
    assert plain.objectives[:4] == pytest.approx(ours.objectives[:4], rel=1e-9)


def test_an_image_is_there_before_the_update_that_follows_it(monkeypatch):
    """Levenberg-Marquardt's first image needs no Jacobian."""
    prior = BEGANPrior(dict(type='BEGANGenerator', out_size=16, noise_size=6, channels=4)).double()
    one = measured(prior, count=1, factor=4)
    editor = CSGM(prior, stages=[dict(iterations=3, optimizer=dict(type='LevenbergMarquardt'))])
    update, now = LevenbergMarquardtRun.update, [0.0]

    def slow(*args):
        now[0] += 1.0
        update(*args)

    # A clock on which nothing takes time but updates.
    monkeypatch.setattr(trajectory, 'seconds', lambda device: now[0])
    monkeypatch.setattr(LevenbergMarquardtRun, 'update', slow)
    assert of_inversion(editor.inversion, one).seconds == [0.0, 1.0, 2.0, 3.0]


def test_restarts_of_the_plain_loop_hand_on_the_best():
    prior = BEGANPrior(dict(type='BEGANGenerator', out_size=16, noise_size=6, channels=4)).double()
    one = measured(prior, count=1, factor=4)
    found = of_plain(plain_steps(SEARCHES['dcgan64-iagan'], prior, one, 0, divisor=50), 'cpu')
    restarts, adapted = found.objectives[:15], found.objectives[15:]
    assert len(adapted) == 3
    lowest = min(restarts[4::5])  # the last step of each
    assert adapted[0] < lowest * 1.2


def test_every_case_can_be_measured():
    for name in CASES:
        kind, rest = name.split('-', 1)
        assert kind_of(name) == kind in {'step', 'quality', 'curves'}
        if kind == 'step':
            assert name in STEP_SETTINGS
        else:
            assert rest.split('-')[0] in FAMILIES
        if kind == 'quality':
            assert rest in SEARCHES
    assert len(STEP_SETTINGS) == sum(kind_of(n) == 'step' for n in CASES)
    assert all(not CASES[name].large for name in chosen_cases())
    assert chosen_cases(['quality-*', 'step-dcgan64-csgm'])[0] == 'step-dcgan64-csgm'
    with pytest.raises(UserError, match="no 'step-dcgan64-cgsm' .did you mean step-dcgan64-csgm"):
        chosen_cases(['step-dcgan64-cgsm'])


def test_settings_are_chosen_on_other_pictures_than_the_reported():
    reported, chosen = toy_faces(3), toy_faces(2, training=True)
    assert chosen.keys[0] == 'train-020000'  # behind what the generators were trained on
    assert not set(reported.keys) & set(chosen.keys)
    assert reported.images.shape == (3, 3, 64, 64) and 0 <= reported.images.min() < 0.5
    assert len(FAMILIES['dcgan64'].pictures(2, True)) == 2


def test_photographs_are_read_as_they_are(tmp_path):
    from PIL import Image

    pixels = torch.arange(64 * 64 * 3).view(64, 64, 3).remainder(251).byte()
    Image.fromarray(pixels.numpy()).save(tmp_path / 'a.png')
    found = photographs(tmp_path)
    assert found.keys == ['a']
    assert torch.equal((found.images[0] * 255).round().byte(), pixels.permute(2, 0, 1))
    with pytest.raises(UserError, match='not of 32×32'):
        photographs(tmp_path, side=32)
    with pytest.raises(UserError, match='MGP_DATA_ROOT'):
        photographs(tmp_path / 'empty')


def test_shortened_stages_keep_two_iterations():
    stages = [dict(name='a', iterations=100), dict(name='b', iterations=3)]
    assert [s['iterations'] for s in shortened(stages, 10)] == [10, 2]
    assert stages[0]['iterations'] == 100


def test_clock_of_the_process_does_not_count_sleep():
    try:
        choose_clock('process')
        begin = seconds('cpu')
        time.sleep(0.2)
        assert seconds('cpu') - begin < 0.15
    finally:
        choose_clock('wall')
    begin = seconds('cpu')
    time.sleep(0.05)
    assert seconds('cpu') - begin >= 0.05


@pytest.mark.slow
def test_quality_of_the_toy_faces():
    found = measure_quality('quality-dcgan64-csgm', images=1, divisor=1, training=True)
    assert found['objective']['reached'] == 1
    assert found['images'][0]['key'] == 'train-020000'
    assert found['objective']['whole'] > 1.5  # by far more on an idle machine
