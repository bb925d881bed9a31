"""The files of a table, made by real runs; --from, reasons, pictures, the page of the docs."""

from __future__ import annotations

import base64
import csv
import json
import re
import shutil

import cv2
import numpy as np
import pytest

from mmgenprior.cli.main import run_command
from mmgenprior.datasets.toyfaces import render_face
from mmgenprior.tables.comparison import comparison_lines, worst
from mmgenprior.tables.docs import docs_text, write_docs
from mmgenprior.tables.figures import draw
from mmgenprior.tables.finished import finished, work_dirs
from mmgenprior.tables.text import without_paths
from mmgenprior.utils.errors import ExitCode

from .conftest import ROOT

# The same bytes however often the work was interrupted.
SAME = ['table.md', 'table.csv', 'numbers.json']


def results_of(folder):
    return json.loads((folder / 'results.json').read_text())


def cell_of(results, column):
    return next(cell for cell in results['cells'] if cell['column'] == column)


def test_ours_are_the_numbers_of_the_runs(made):
    results = results_of(made / 'tiny_1')
    for column, run, name in [
        ('Bicubic', 'bicubic_toyfaces_sr4', 'PooledPSNR'),
        ('CSGM', 'csgm_toyfaces_sr4', 'CSGM/PooledPSNR'),
        ('CSGM-BP', 'csgm_toyfaces_sr4', 'CSGM-BP/PooledPSNR'),
    ]:
        metrics = json.loads((made / 'runs' / run / 'metrics.json').read_text())
        cell = cell_of(results, column)
        assert cell['numbers']['PSNR']['value'] == pytest.approx(metrics[name], rel=1e-5)
        assert cell['images'] == 2 and cell['seed'] == 0
        assert cell['numbers']['PSNR']['low'] < cell['numbers']['PSNR']['value']
    assert cell_of(results, 'CSGM')['prior'] == 'dcgan_toyfaces'
    assert results['seconds'].keys() == {'bicubic_toyfaces_sr4', 'csgm_toyfaces_sr4'}


def test_what_is_not_needed_is_not_restored(made):
    metrics = json.loads((made / 'runs' / 'csgm_toyfaces_sr4' / 'metrics.json').read_text())
    assert not any(name.startswith('bicubic') for name in metrics)  # a baseline of its config


def test_a_cell_without_a_run_says_why(made):
    results = results_of(made / 'tiny_1')
    assert cell_of(results, 'Lost')['why'] == "checkpoint 'lost.pth' not found"
    assert cell_of(results, 'Bicubic-BP')['why'] == 'this run makes no bicubic-BP'
    assert 'why' not in cell_of(results, 'SinGAN')
    text = (made / 'tiny_1' / 'table.md').read_text()
    assert "No number: Lost (×4): checkpoint 'lost.pth' not found." in text
    assert 'paper 20.8 / – / –' in text and 'paper 26.4 / – / –' in text
    assert 'CSGM, CSGM-BP: prior `dcgan_toyfaces`' in text and '2 images, seed 0' in text


def test_no_path_of_the_machine_is_in_a_reason():
    line = "prior 'x': there is no file '/home/me/w/x.pth': put it in '/home/me' or elsewhere"
    assert without_paths(line) == "prior 'x': there is no file 'x.pth'"


def test_csv_has_a_line_for_each_number(made):
    with open(made / 'tiny_1' / 'table.csv', newline='') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6 * 3
    row = next(r for r in rows if (r['column'], r['metric']) == ('CSGM-BP', 'PSNR'))
    assert row['paper'] == '26.4' and float(row['low']) < float(row['ours']) < float(row['high'])
    assert row['config'] == 'csgm_toyfaces_sr4' and row['images'] == '2'


def test_differences_are_of_equal_images(made):
    numbers = json.loads((made / 'tiny_today_toyfaces' / 'numbers.json').read_text())
    values = {
        entry['column']: entry['images']
        for entry in numbers['per_image']
        if entry['metric'] == 'PSNR'
    }
    assert set(values['CSGM']) == {'test-000000', 'test-000001'}
    found = next(
        d for d in numbers['differences'] if (d['column'], d['metric']) == ('Bicubic', 'PSNR')
    )
    expected = np.mean([values['CSGM'][k] - values['Bicubic'][k] for k in values['CSGM']])
    assert found['value'] == pytest.approx(expected, rel=1e-4) and found['value'] < 0
    assert found['verdict'] == 'not told apart'  # two images are too few


def test_losses_stand_first_and_the_worst_by_themselves(made):
    results = json.loads((made / 'tiny_today_toyfaces' / 'results.json').read_text())
    lost = [d for d in results['differences'] if d['column'] == 'Bicubic']
    for difference in lost:  # as six such images would tell
        difference['verdict'] = 'behind'
    text = '\n'.join(comparison_lines(results, None))
    titles = ('Where CSGM is behind', 'The worst losses', 'Where CSGM is ahead')
    behind, losses, ahead = (text.index(f'**{title}') for title in titles)
    assert behind < losses < ahead and 'Bicubic' in text[behind:losses]
    assert text[losses:ahead].count('Bicubic is better by') == min(3, len(lost))
    assert '▼' in text and '3 comparisons' not in text
    assert {d['column'] for d in worst(results)} == {'Bicubic'}


def test_the_page_needs_no_other_file(made):
    text = (made / 'tiny_1' / 'page.html').read_text()
    sources = re.findall(r'(?:src|href)="([^"]{0,30})', text)
    assert sources and all(s.startswith('data:image/') for s in sources)
    assert len(text) < 400_000
    pictures = [
        cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
        for data in re.findall(r'base64,([^"]+)"', text)
    ]
    assert len(pictures) == 2  # one strip for each image: measurement, 3 columns, truth
    assert all(p.shape[1] > 4 * p.shape[0] > 500 for p in pictures)
    assert '<strong>' in text and 'PyTorch' in text and '**' not in text


def test_pictures_are_taken_out_of_the_strips(made):
    run = finished(made / 'runs' / 'csgm_toyfaces_sr4')
    key = 'test-000001'
    truth = render_face(0, 'test', 1)[..., ::-1]
    assert np.array_equal(run.picture(key, 'truth'), truth)
    restored = cv2.imread(str(run.folder / 'restored' / f'{key}.png'))
    assert np.array_equal(run.picture(key), restored)
    assert np.array_equal(run.picture(key, 'CSGM'), restored)
    back = run.picture(key, 'CSGM-BP').astype(float)
    psnr = 10 * np.log10(255**2 / np.square(back - truth).mean())
    noted = run.numbers('PSNR', 'CSGM-BP')
    assert psnr == pytest.approx(noted.values[noted.keys.index(key)], abs=0.02)
    assert run.picture(key, 'measurement').shape[2] == 3
    assert run.picture(key, 'nothing') is None


def tables(*words):
    return run_command('tables', [str(word) for word in words])


def test_the_same_command_again_restores_nothing_and_writes_the_same(made, papers, capsys):
    before = {
        path: path.read_bytes() for path in (made / 'tiny_1').iterdir() if path.suffix != '.png'
    }
    parts = [p.read_bytes() for p in sorted(made.glob('runs/*/parts/rank0.jsonl'))]
    assert tables('tiny', 1, '--papers', papers, '--quick', 2, '--out', made) == ExitCode.OK
    assert {path: path.read_bytes() for path in before} == before  # page.html too
    assert [p.read_bytes() for p in sorted(made.glob('runs/*/parts/rank0.jsonl'))] == parts
    said = capsys.readouterr().out
    assert '[2/3] csgm_toyfaces_sr4' in said and 'left out: checkpoint' in said


def test_finished_work_dirs_are_taken_over(made, papers, tmp_path):
    """From a folder of them, with other metrics and further baselines; nothing is written there."""
    away = tmp_path / 'earlier'
    shutil.copytree(made / 'runs', away / 'runs')
    before = {path: path.stat().st_mtime_ns for path in away.rglob('*')}
    words = ['--papers', papers, '--quick', 2, '--out', tmp_path / 'out', '--from', away]
    assert tables('tiny', 1, *words) == ExitCode.OK
    for name in SAME:
        new, old = (folder / 'tiny_1' / name for folder in (tmp_path / 'out', made))
        assert new.read_bytes() == old.read_bytes(), name
    assert {path: path.stat().st_mtime_ns for path in away.rglob('*')} == before
    assert not list((tmp_path / 'out' / 'runs').glob('csgm*/parts'))
    assert len(list(work_dirs([away]))) == 2  # that of the lost prior has no image


def test_a_figure_of_fewer_images_where_they_are_slow(papers, tmp_path):
    words = ['--papers', papers, '--quick', 2, '--quick-slow', 1, '--out', tmp_path]
    assert tables('tiny', 'figure', *words) == ExitCode.OK
    results = results_of(tmp_path / 'tiny_figure')
    images = {cell['column']: cell['images'] for cell in results['cells']}
    assert images == {'Bicubic': 1, 'CSGM': 2}
    assert (tmp_path / 'tiny_figure' / 'figure.png').read_bytes() == draw(results)
    assert 'image/png' in (tmp_path / 'tiny_figure' / 'page.html').read_text()


def test_an_unfinished_run_is_none(made, tmp_path):
    shutil.copytree(made / 'runs' / 'csgm_toyfaces_sr4', tmp_path / 'run')
    part = tmp_path / 'run' / 'parts' / 'rank0.jsonl'
    part.write_bytes(part.read_bytes().split(b'\n')[0] + b'\n')
    assert finished(tmp_path / 'run') is None
    assert finished(tmp_path / 'run', images=1).keys == ('test-000000',)
    assert finished(tmp_path) is None


def test_the_page_of_the_docs_is_made_of_numbers(made, tmp_path, capsys):
    (tmp_path / 'tables').mkdir()
    shutil.copy(made / 'tiny_1' / 'results.json', tmp_path / 'tables' / 'tiny_1.json')
    assert tables('--docs', tmp_path, '--check') == ExitCode.ERROR
    assert 'is not what the numbers make' in capsys.readouterr().err
    assert tables('--docs', tmp_path) == ExitCode.OK
    text = (tmp_path / 'tables.md').read_text()
    assert '## Tiny, Table 1: Enlarged' in text and ' s |' in text and 'Run on 20' in text
    assert tables('--docs', tmp_path, '--check') == ExitCode.OK
    (tmp_path / 'tables' / 'other.json').write_text('{}')
    assert tables('--docs', tmp_path) == ExitCode.ERROR
    assert 'no results.json' in capsys.readouterr().err


def test_the_committed_page_is_what_the_committed_numbers_make():
    assert write_docs(ROOT / 'docs', check=True) == []
    assert docs_text(ROOT / 'docs').startswith('# Tables that were run')


def test_figures_are_drawn_from_the_numbers():
    number = dict(value=1.0, low=0.5, high=2.0, images=3)
    cells = [
        dict(row=row, column='CSGM', numbers={'MSE': dict(number, value=value)})
        for row, value in dict(a=0.1, b=0.2).items()
    ]
    curves = dict(
        figure=dict(kind='curves', x='m/n', y='MSE', log=True),
        rows=[dict(row='a', x=0.1), dict(row='b', x=0.5)],
        columns=['CSGM', 'IAGAN'],
        cells=cells,
    )
    points = dict(
        figure=dict(kind='points', x=['Sigma'], y='MeanPhi'),
        points=[dict(row='a', values=dict(Sigma=[5, 20, 40], MeanPhi=[0.1, 0.3, 0.4]))],
    )
    for results in (curves, points):
        picture = cv2.imdecode(np.frombuffer(draw(results), np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape[0] > 300 and picture.std() > 5
        assert draw(results) == draw(results)
    assert draw(dict(curves, cells=[])) is None
    assert draw(dict(points, points=[dict(row='a', values={})])) is None
    assert draw(dict(curves, figure=None)) is None


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['iagn'], 'did you mean iagan'),
        (['iagan', '9'], 'it has 1, 2, 3, 4, figure2, text7'),
        (['iagan', '2', '--on', 'moon'], 'can be made on paper, celeba64'),
        (['choices'], 'can be made on toyfaces, celeba64'),
        (['iagan', '2', '--from', 'nowhere'], "--from 'nowhere' is no folder"),
        (['iagan', '2', '--lpips', 'nowhere'], "--lpips 'nowhere' is no file"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run_command('tables', words) == ExitCode.USAGE
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_a_paper_it_lists_what_there_is(capsys):
    assert run_command('tables', []) == ExitCode.OK
    said = capsys.readouterr().out
    assert 'iagan: Image-Adaptive GAN based Reconstruction' in said
    assert re.search(r'  2 +Super-resolution .*\(on paper, celeba64, toyfaces, digiface64\)', said)
