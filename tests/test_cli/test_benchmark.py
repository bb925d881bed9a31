"""The benchmark as a user calls it: lists, mistakes, and quick runs that make sense."""

import json
import math

import pytest

from mmgenprior.benchmark.cases import CASES
from mmgenprior.utils.errors import ExitCode

from .conftest import command, tool


def test_help_and_list_are_quick():
    for words, said in (['--help'], '--case'), (['--list'], 'step-pggan256-mganprior'):
        code, out, err, took = tool('benchmark.py', *words)
        assert code == 0 and err == '' and took < 2
        assert said in out
    assert all(name in out for name in CASES)


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['--case', 'step-dcgan'], "there is no 'step-dcgan'"),
        (['--plot', 'x.png'], "name them, --case 'curves-*'"),
        (['--out', 'no/such/folder/x.json'], 'there is no such folder'),
        (['--case', 'curves-*', '--lpips', 'none.pth'], "'none.pth' is no file"),
        (['--device', 'cuda:99'], "--device 'cuda:99' cannot be used"),
        (['--device', 'cuda', '--clock', 'process'], 'not those of cuda'),
    ],
)
def test_a_mistake_is_one_line(words, said, tmp_path, call):
    done = call('benchmark', *words, cwd=tmp_path)
    assert done.returncode == ExitCode.ERROR
    assert done.stderr.count('\n') == 1 and done.stderr.startswith('error: ')
    assert said in done.stderr


def test_a_quick_run_of_every_kind(tmp_path):
    cases = ['step-dcgan64-csgm', 'quality-pggan64-mganprior', 'quality-began64-csgm']
    words = ['--case', *cases, 'curves-dcgan64', '--quick', '--no-memory', '--threads', '1']
    words += ['--batch', '1', '2', '--out', 'b.json', '--plot', 'b.png']
    done = command('benchmark', *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert 'quality-began64-csgm is left out' in done.stdout  # there are no faces here
    assert 'set MGP_PRIOR_ROOT' in done.stdout and 'LPIPS is left out' in done.stdout
    report = json.loads((tmp_path / 'b.json').read_text())
    assert report['machine']['threads'] == 1 and report['clock'] == 'wall'
    one, two, quality, curves = report['results']
    assert (one['batch'], two['batch']) == (1, 2)
    for step in (one, two):
        seconds = step['seconds']
        assert step['above_floor'] == pytest.approx(seconds['ours'] / seconds['floor'])
        assert step['difference'] < 1e-4 and step['value_difference'] < 1e-4
        assert step['quartiles'][0] <= step['ratio'] <= step['quartiles'][1]
    # A batch goes through at once, the plain loops take its images one by one.
    assert one['passes']['G'] == dict(ours=1.0, plain=1.0)
    assert two['passes']['G'] == dict(ours=0.5, plain=1.0)
    assert one['flops'] == two['flops'] > 1e8
    assert {'objective', 'psnr', 'images'} <= set(quality)
    assert set(curves['curves']) == {'Adam', 'L-BFGS', 'LM', 'encoder + LM'}
    for values in curves['curves'].values():
        assert values['seconds'] == sorted(values['seconds'])
        assert all(math.isfinite(v) for v in values['PSNR'])
    # The learned start knows the face before any search does.
    assert curves['curves']['encoder + LM']['PSNR'][0] > curves['curves']['Adam']['PSNR'][0] + 2
    assert (tmp_path / 'b.png').stat().st_size > 10_000


@pytest.mark.slow
def test_peaks_of_memory(tmp_path):
    words = ['--case', 'step-pggan64-mganprior', '--quick', '--no-floor', '--out', 'b.json']
    done = command('benchmark', *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    (result,) = json.loads((tmp_path / 'b.json').read_text())['results']
    assert 'floor' not in result['seconds'] and 'above_floor' not in result
    assert all(1e6 < result['peak'][side] < 1e9 for side in ('ours', 'plain'))
    assert result['passes']['G₁'] == dict(ours=1.0, plain=10.0)
