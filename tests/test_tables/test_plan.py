"""The tables of configs/papers: complete, and every cell has a config or a reason."""

from __future__ import annotations

import re

import pytest
import yaml

from mmgenprior.cli.checking.check import check
from mmgenprior.tables.plan import make_plan, read_papers
from mmgenprior.tables.python_text import MatrixError
from mmgenprior.tables.run_config import config_of, needed_metrics, set_for_table
from mmgenprior.utils.errors import ConfigError

from .conftest import PAPER, ROOT

PAPERS = read_papers(ROOT / 'configs' / 'papers')
PLANS = [
    make_plan(PAPERS, paper, table, on)
    for paper, tables in PAPERS.tables.items()
    for table in tables
    for on in PAPERS.data_of(paper, table)
]
# Tables of the papers, and numbers that each prints here.
PRINTED = {
    'iagan_1': 32,
    'iagan_2': 48,
    'iagan_3': 32,
    'iagan_4': 16,
    'iagan_text7': 4,
    'dgp_1': 15,
    'dgp_2': 10,
    'dgp_3': 15,
    'dgp_text4': 4,
    'dgp_5': 10,
    'bigprior_2': 10,
    'bigprior_4': 18,
    'bigprior_5': 27,
    'bigprior_figure7': 4,
    'mapd_1': 34,
}


@pytest.mark.parametrize(('name', 'count'), PRINTED.items(), ids=PRINTED)
def test_every_printed_number_is_there(name, count):
    plan = next(plan for plan in PLANS if plan.name == name)
    shown = [set(cell.printed) & set(plan.metrics) for cell in plan.cells]
    assert sum(map(len, shown)) == count


def test_numbers_stand_where_the_papers_have_them():
    found = {(p.name, c.row, c.column): c.printed for p in PLANS for c in p.cells}
    assert found['iagan_2', 'CelebA ×8', 'CSGM-BP'] == {'PSNR': 22.71, 'PS': 0.212}
    assert found['iagan_4', 'CelebA-HQ', 'Blurred'] == {'PSNR': 25.80, 'PS': 0.622}
    assert found['iagan_2_celeba64', '×4', 'IAGAN'] == {'PSNR': 27.16, 'PS': 0.092}
    assert found['dgp_3', 'ImageNet', 'SinGAN'] == {'NIQE': 6.28, 'PSNR': 20.80, 'RMSE': 19.78}
    assert found['dgp_4', 'SR', 'Perceptual'] == {'NIQE': 6.27, 'PSNR': 20.30}
    assert found['dgp_5', 'ImageNet', 'adversarial']['Top 5 Accuracy'] == 12.0
    assert found['bigprior_5', 'Church', 'DnCNN']['LPIPS'] == 0.2046
    assert found['mapd_1', 'Denoising', 'Sparse'] == {'PSNR': 23.63, 'SSIM': 0.8092}
    assert found['bigprior_figure7', 'Church', 'BIGPrior']['r(φ, PSNR of the prior)'] == 0.56


def test_every_cell_has_a_run_a_reason_or_the_papers_number():
    for plan in PLANS:
        for cell in plan.cells:
            assert bool(cell.run) + bool(cell.why) == 1 or cell.printed, (plan.name, cell)
            assert cell.run is None or cell.run in PAPERS.rows
            assert 'there is no config' not in (cell.why or ''), (plan.name, cell)


def test_the_table_of_choices_has_one_damage_for_each_task():
    """All methods of a row measure alike: the same degradation among their bases."""
    for plan in PLANS:
        if plan.paper != 'choices':
            continue
        assert len(plan.rows) == 7 and plan.against == 'GaussNewton'
        for row in plan.rows:
            runs = [cell.run for cell in plan.cells if cell.row == row and cell.run]
            told = set()
            for run in runs:
                text = PAPERS.rows[run]['text']
                if 'bigprior_end64' in text:  # upon another row
                    text = PAPERS.rows[run.replace('bigprior', 'mganprior')]['text']
                told |= set(re.findall(r'degradations/(\w+)\.py', text))
            assert len(told) == 1, (plan.name, row, told)


@pytest.mark.parametrize('plan', PLANS, ids=lambda plan: plan.name)
def test_configs_of_a_table_are_without_mistake(plan, tmp_path):
    """Those that no file holds are written, and all pass the check that a run begins with."""
    from mmengine.config import Config

    some = plan.runs if len(plan.runs) < 12 else plan.runs[::5]
    for name in some:
        path = config_of(PAPERS, name, ROOT / 'configs', tmp_path)
        cfg = Config.fromfile(path, import_custom_modules=False)
        needed = needed_metrics(PAPERS, plan.paper)
        set_for_table(cfg, plan, needed, 3, None, 4)
        check(cfg._cfg_dict.to_dict(), name, 'test')
        dataset = cfg.test_dataloader.dataset
        assert 3 in (dataset.get('length'), abs(dataset.get('indices') or 0))
        have = str(cfg.test_evaluator.metrics)
        assert 'LPIPS' not in needed or 'LPIPS' in have


def test_slow_methods_can_be_had_of_fewer_images():
    plan = next(plan for plan in PLANS if plan.name == 'choices_today_toyfaces')
    assert {'dip_toyfaces_sr4', 'dgp_toyfaces_common_cs'} < plan.slow < set(plan.runs)
    assert not any(name.startswith(('gaussnewton', 'iagan', 'tv')) for name in plan.slow)


def test_data_in_reach_are_named():
    with pytest.raises(ConfigError, match='can be made on paper, celeba64, toyfaces, digiface64'):
        make_plan(PAPERS, 'iagan', '2', 'moon')
    assert make_plan(PAPERS, 'iagan', '2', 'faces64').on == 'celeba64'
    with pytest.raises(ConfigError, match="has no table '9': it has 1, 2, 3, 4, figure2, text7"):
        PAPERS.find('iagan', '9')
    with pytest.raises(ConfigError, match='did you mean iagan'):
        PAPERS.find('iagn', None)
    assert PAPERS.find('bigprior', 'Table 3') == ['3']


@pytest.mark.parametrize(
    ('change', 'line'),
    [
        (lambda t: t.update(colums=[]), "'colums' means nothing here"),
        (lambda t: t['rows'][0].pop('row'), "a row has no 'row'"),
        (lambda t: t['columns'][0].update(metod='x'), "'metod' means nothing"),
        (lambda t: t.update(reach={'toyfaces': [{'row': 'a', 'beside': 'b'}]}), "'b' is no row"),
    ],
    ids=['table', 'name', 'column', 'beside'],
)
def test_a_fault_of_a_table_is_one_line(tmp_path, change, line):
    told = yaml.safe_load(PAPER)
    change(told['tables']['1'])
    (tmp_path / 'tiny.yml').write_text(yaml.safe_dump(told, allow_unicode=True), encoding='utf-8')
    with pytest.raises(MatrixError, match=line) as caught:
        read_papers(tmp_path)
    assert str(caught.value).startswith('tiny.yml, table 1')


def test_consistency_is_not_compared_under_noise():
    plan = make_plan(PAPERS, 'choices', 'today', 'toyfaces')
    assert plan.noisy == {'noise', 'blur'}
    assert not make_plan(PAPERS, 'iagan', '2').noisy
