"""Images that other processes restore: runs that share a work dir, and workers of a run."""

from __future__ import annotations

import dataclasses

import pytest

from mmgenprior.ledger.ledger import Ledger, Start
from mmgenprior.utils.errors import UserError

from .conftest import make_config, run

KEYS = ['a', 'b', 'c9', 'c10', 'sub/a']


def build(config, **told):
    """The Runner of a config, whose report is told something; and its report."""
    from mmengine.config import Config
    from mmengine.runner import Runner

    import mmgenprior.components  # noqa: F401

    runner = Runner.from_cfg(Config(config))
    (report,) = (hook for hook in runner.hooks if hasattr(hook, 'joined'))
    for name, value in told.items():
        setattr(report, name, value)
    return runner, report


@pytest.fixture
def whole(photos, tmp_path):
    metrics = run(make_config(photos, tmp_path / 'whole'))
    return metrics, contents(tmp_path / 'whole')


def contents(folder):
    names = ['metrics.json', 'per_image.csv', 'sheet.png']
    names += [f'{where}/{key}.png' for where in ('restored', 'pictures') for key in KEYS]
    return {name: (folder / name).read_bytes() for name in names}


def test_who_shares_goes_on_with_what_others_have_done(photos, whole, tmp_path):
    metrics, expected = whole
    some = make_config(photos, tmp_path / 'out')
    some['test_dataloader']['dataset']['indices'] = [1, 3]
    run(some)
    runner, report = build(make_config(photos, tmp_path / 'out', batch_size=2), shared=True)
    # Of all images, those of others among them.
    assert runner.test() == metrics
    assert contents(tmp_path / 'out') == expected
    lines = (tmp_path / 'out' / 'parts' / 'rank0.jsonl').read_text().splitlines()
    assert len(lines) == len(KEYS)
    # The work dir is free again.
    assert run(make_config(photos, tmp_path / 'out')) == metrics


def test_sharing_needs_a_sampler_that_leaves_out(photos, tmp_path):
    config = make_config(photos, tmp_path / 'out')
    config['test_dataloader']['sampler'] = dict(type='DefaultSampler', shuffle=False)
    runner, _ = build(config, shared=True)
    with pytest.raises(UserError, match='DefaultSampler'):
        runner.test()


def start_of(folder):
    """A start that has done the first image."""
    head = Ledger(folder).head()
    return Start(7, head.digest, head.weights, ())


def worker(config, start):
    from mmgenprior.engine.loops import WorkerLoop

    runner, _ = build(config, joined=start)
    loop = runner.build_test_loop(dict(runner.cfg.test_cfg, type=WorkerLoop))
    runner._test_loop = loop
    runner.test()
    return loop


def test_a_worker_restores_what_it_is_told_into_the_same_ledger(photos, whole, tmp_path):
    metrics, expected = whole
    config = make_config(photos, tmp_path / 'out')
    first = make_config(photos, tmp_path / 'out')
    first['test_dataloader']['dataset']['indices'] = [0]
    run(first)
    loop = worker(config, start_of(tmp_path / 'out'))
    rows = loop.restore([4, 2]) + loop.restore([1])
    assert sorted(row['sample_idx'] for row in rows) == [1, 2, 4]
    assert {row['key'] for row in rows} <= set(KEYS)
    entries = Ledger(tmp_path / 'out').read().entries
    assert len(entries) == 4 and {entries[row['key']].run for row in rows} == {7}
    loop._tell_hooks('close')
    assert run(make_config(photos, tmp_path / 'out')) == metrics
    assert contents(tmp_path / 'out') == expected


def test_a_worker_with_other_weights_is_refused(photos, whole, tmp_path):
    config = make_config(photos, tmp_path / 'whole')
    other = dataclasses.replace(start_of(tmp_path / 'whole'), weights='other')
    with pytest.raises(UserError, match='are not those of the machine that began the run'):
        worker(config, other)
