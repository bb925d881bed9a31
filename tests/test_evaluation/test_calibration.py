"""Factors that make intervals nominal."""

import numpy as np
import pytest
import torch

from mmgenprior.evaluation.calibration import coverage_of, normalised_errors, stretching

LEVELS = (50, 90, 95)


def test_deviations_that_are_half_as_large_are_doubled():
    rng = np.random.default_rng(0)
    errors = dict(a=np.abs(2 * rng.standard_normal(40000)))
    factors = stretching(errors, LEVELS)
    assert factors == pytest.approx([2, 2, 2], rel=0.03)
    for level, factor in zip(LEVELS, factors):
        assert coverage_of(errors['a'], level, factor) == pytest.approx(level, abs=0.01)
    assert coverage_of(errors['a'], 90) == pytest.approx(58.9, abs=1)


def test_tasks_count_the_same_however_many_values_they_have():
    rng = np.random.default_rng(1)
    small, large = np.abs(rng.standard_normal(1000)), np.abs(3 * rng.standard_normal(20000))
    (factor,) = stretching(dict(small=small, large=large), [90])
    mean = (coverage_of(small, 90, factor) + coverage_of(large, 90, factor)) / 2
    assert mean == pytest.approx(90, abs=0.1)
    with pytest.raises(ValueError, match='no value is open in b'):
        stretching(dict(a=small, b=small[:0]), [90])


def test_what_is_known_is_left_out():
    gt, pred = torch.tensor([[[10.0, 20.0, 30.0]]]), torch.tensor([[[10.0, 23.0, 24.0]]])
    deviation = torch.tensor([[[0.0, 1.5, 3.0]]])
    assert normalised_errors(gt, pred, deviation).tolist() == [2, 2]
