"""The matrix of experiments: what is committed is what papers/*.yml make."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mmgenprior.cli.commands import generate_configs

ROOT = Path(__file__).resolve().parents[2]
PAPERS = sorted((ROOT / 'configs' / 'papers').glob('*.yml'))
GENERATOR = vars(generate_configs)
MATRIX = """
defaults: {{doc: '<method.title>, <setting.title> of <data.title>.'}}
methods: {{csgm: {{title: CSGM, collection: CSGM, base: csgm_<prior>}}}}
data: {{celebahq: {{title: CelebA-HQ, prior: pggan}}}}
settings:
  sr4: {{title: ×4, model: {{back_projection: true}}}}
  noisy:
    title: noise
    degradation: denoise25
    with:
      csgm: {{model: {{baselines: [{{type: MeasurementPicture}}], maps: true, note: {note}}}}}
experiments:
- {{data: [celebahq], settings: {settings}, methods: [csgm]}}
{more}
"""


@pytest.fixture
def papers(tmp_path):
    """A folder with one small matrix."""

    def make(settings='[sr4, noisy]', note='short', more=''):
        matrix = MATRIX.format(settings=settings, note=note, more=more)
        (tmp_path / 'paper.yml').write_text(matrix, encoding='utf-8')
        return tmp_path

    return make


def test_committed_files_are_what_the_matrix_makes():
    files = GENERATOR['generate'](ROOT / 'configs' / 'papers')
    assert len(files) > 190
    assert GENERATOR['differences'](ROOT / 'configs', files) == []


def test_all_is_there_where_the_papers_are_read():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    made = {f'configs/{yaml.safe_load(p.read_text()).get("metafile")}' for p in PAPERS}
    assert set(index['Import']) <= made


@pytest.mark.parametrize('path', PAPERS, ids=lambda path: path.stem)
def test_printed_numbers_are_within_reason(path):
    for row in GENERATOR['rows'](path):
        for metric, value in row['numbers'].items():
            kind = metric.rpartition('/')[2].removeprefix('Region')
            low, high = {'PSNR': (15, 40), 'AuC': (80, 100), 'RMSE': (10, 30)}.get(kind, (0, 7))
            low, high = (1, 100) if 'Accuracy' in kind else (low, high)
            assert low < value < high, (row['name'], metric)


def test_tables_of_the_papers_are_complete():
    numbers = {row['name']: row['numbers'] for p in PAPERS for row in GENERATOR['rows'](p)}
    assert sum(map(bool, numbers.values())) == 98
    assert numbers['iagan_celebahq_sr16']['IAGAN-BP/PSNR'] == 25.86
    assert numbers['dgp_imagenet256_defence']['Top 1 Accuracy'] == 41.3


def test_a_row_merges_what_its_parts_say(papers):
    files = GENERATOR['generate'](papers())
    assert files == {
        'csgm_celebahq_sr4.py': '''"""CSGM, ×4 of CelebA-HQ."""

_base_ = ['_base_/data/celebahq.py', '_base_/degradations/sr4.py', '_base_/csgm_pggan.py']
model = dict(back_projection=True)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
''',
        'csgm_celebahq_noisy.py': '''"""CSGM, noise of CelebA-HQ."""

_base_ = ['_base_/data/celebahq.py', '_base_/degradations/denoise25.py', '_base_/csgm_pggan.py']
model = dict(baselines=[dict(type='MeasurementPicture')], maps=True, note='short')
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
''',
    }


@pytest.mark.parametrize(
    ('length', 'lines'),
    [
        (30, ["    baselines=[dict(type='MeasurementPicture')], maps=True, note='{}'"]),
        (
            60,
            [
                "    baselines=[dict(type='MeasurementPicture')],",
                '    maps=True,',
                "    note='{}',",
            ],
        ),
    ],
)
def test_long_lines_are_laid_out_as_the_formatter_does(papers, length, lines):
    text = GENERATOR['generate'](papers(note='x' * length))['csgm_celebahq_noisy.py']
    body = '\n'.join(['model = dict(', *lines, ')']).format('x' * length)
    assert body in text


@pytest.mark.parametrize(
    ('change', 'line'),
    [
        (dict(settings='[sr5]'), "paper.yml, experiment 1: 'sr5' is none of sr4, noisy"),
        (dict(settings='sr4'), "paper.yml, experiment 1: 'settings' must be a list of names"),
        (dict(settings='[sr4, sr4]'), 'paper.yml: csgm_celebahq_sr4 is an experiment twice'),
        (dict(note='<prize>'), '<prize> is no text of this row'),
        (
            dict(more='numbers: {celebahq: {sr4: {dip: {PSNR: 20}}}}'),
            'paper.yml: numbers of dip_celebahq_sr4, no row',
        ),
    ],
)
def test_a_fault_of_the_matrix_is_one_line(papers, change, line):
    with pytest.raises(GENERATOR['MatrixError']) as caught:
        GENERATOR['generate'](papers(**change))
    assert line in str(caught.value)


def test_check_names_what_differs(papers, tmp_path):
    files = GENERATOR['generate'](papers())
    configs = tmp_path / 'configs'
    (configs / 'papers').mkdir(parents=True)
    (configs / 'csgm_celebahq_sr4.py').write_text('edited')
    (configs / 'mine.py').write_text('')
    assert GENERATOR['differences'](configs, files) == [
        'csgm_celebahq_sr4.py differs from what papers/ makes',
        'csgm_celebahq_noisy.py is missing',
        "mine.py is made by no file of papers/: delete it, or list it under 'by_hand'",
    ]
