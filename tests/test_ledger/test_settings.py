"""Where two settings differ, and which files they name."""

from __future__ import annotations

import pytest

from mmgenprior.ledger.settings import (
    OtherSettingsError,
    differing_keys,
    files_named,
    refuse,
    settings_of,
)
from mmgenprior.utils.errors import ExitCode


def config(**model):
    dataset = dict(type='D', length=10, indices=[1], seed=3)
    return dict(
        model=dict(type='M', stages=(dict(lr=0.1), dict(lr=0.2)), **model),
        test_dataloader=dict(batch_size=4, dataset=dataset),
        test_evaluator=dict(metrics=[dict(type='PSNR')]),
        default_hooks=dict(x=1),
    )


@pytest.mark.parametrize(
    ('change', 'keys'),
    [
        (lambda c: None, []),
        (lambda c: c['test_dataloader'].update(batch_size=1), []),
        (lambda c: c['test_dataloader']['dataset'].update(length=3, indices=None), []),
        (
            lambda c: c['test_dataloader']['dataset'].update(seed=4),
            ['test_dataloader.dataset.seed'],
        ),
        (lambda c: c['model']['stages'][1].update(lr=1), ['model.stages.1.lr']),
        (lambda c: c['model'].update(stages=[]), ['model.stages']),
        (lambda c: c['model'].update(seed=1), ['model.seed']),
        (lambda c: c.update(load_from='x.pth'), ['load_from']),
        (lambda c: c.update(test_evaluator=None), ['test_evaluator']),
    ],
)
def test_what_differs_is_named(change, keys):
    other = config()
    change(other)
    assert differing_keys(settings_of(config()), settings_of(other)) == keys


def test_the_refusal_is_one_line_and_a_usage_error(tmp_path):
    many = {f'k{i}': i for i in range(9)}
    with pytest.raises(OtherSettingsError) as refused:
        refuse(tmp_path, settings_of(config()), settings_of(config(**many)))
    assert refused.value.exit_code is ExitCode.USAGE
    assert str(refused.value).count('model.k') == 5 and 'and 4 more' in str(refused.value)
    with pytest.raises(OtherSettingsError, match='config.py there'):
        refuse(tmp_path, None, settings_of(config()))


def test_files_are_found_wherever_they_are_named(tmp_path):
    (tmp_path / 'mask.png').write_bytes(b'x')
    settings = dict(a=[dict(mask=str(tmp_path / 'mask.png'))], b='no.file', c=1, d='\0.', e=None)
    assert list(files_named(settings)) == [('a.0.mask', tmp_path / 'mask.png')]
