"""Objective terms reduce per sample and are computed from per-batch targets."""

import pytest
import torch

from mmgenprior.inversion import Estimate, Objective

ESTIMATE = Estimate(
    image=torch.zeros(2, 3, 4, 4),
    prediction=torch.tensor([[1.0, -1.0], [2.0, 4.0]]),
    latents={'z': torch.tensor([[2.0, 0.0], [1.0, 1.0]])},
)
TARGET = torch.zeros(2, 2)


@pytest.mark.parametrize(
    ('term', 'expected'),
    [
        (dict(type='DataFidelityTerm'), [1.0, 10.0]),
        (dict(type='DataFidelityTerm', reduction='sum'), [2.0, 20.0]),
        (dict(type='DataFidelityTerm', norm='l1'), [1.0, 3.0]),
        (dict(type='DataFidelityTerm', weight=4.0), [4.0, 40.0]),
        (dict(type='LatentNormTerm'), [1.0, 0.5]),
    ],
)
def test_terms(term, expected, degradation):
    objective = Objective([term])
    targets = objective.prepare(TARGET, degradation)
    assert objective(ESTIMATE, targets).tolist() == expected


def test_terms_add_up(degradation):
    objective = Objective([dict(type='DataFidelityTerm'), dict(type='LatentNormTerm', weight=2.0)])
    assert objective(ESTIMATE, objective.prepare(TARGET, degradation)).tolist() == [3.0, 11.0]


@pytest.mark.parametrize('option', [dict(norm='l3'), dict(reduction='median')])
def test_unknown_options_are_named(option):
    with pytest.raises(ValueError, match=next(iter(option))):
        Objective([dict(type='DataFidelityTerm', **option)])


def test_an_empty_objective_is_refused():
    with pytest.raises(ValueError, match='at least one term'):
        Objective([])
