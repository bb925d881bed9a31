"""Intervals of few images, and what they say of a difference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmgenprior.tables.finished import Numbers
from mmgenprior.tables.statistics import (
    Estimate,
    correlation,
    estimate,
    more_is_better,
    resamples,
    verdict,
)


def mean(values):
    return values


def test_the_interval_is_that_of_the_bootstrap():
    values = np.random.default_rng(1).normal(25, 2, 40)
    found = estimate(values, mean)
    # Of a mean of 40 nearly normal numbers it is that of the normal approximation.
    half = 1.96 * values.std() / np.sqrt(40)
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.15 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.15 * half)
    assert found == estimate(values, mean) != estimate(values, mean, seed=1)


def test_the_interval_covers_the_mean_as_often_as_it_says():
    random = np.random.default_rng(2)
    told = [estimate(random.normal(0, 1, 30), mean) for _ in range(150)]
    assert 0.88 < np.mean([e.low <= 0 <= e.high for e in told]) < 0.99


@settings(derandomize=True, max_examples=15, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20))
def test_the_interval_lies_among_the_numbers(values):
    found = estimate(np.array(values), mean)
    slack = 1e-9 * (1 + np.abs(values).max())
    assert min(values) - slack <= found.low <= found.high <= max(values) + slack


def test_one_image_and_an_exact_one_have_no_interval():
    assert estimate(np.array([3.0]), mean) == Estimate(3.0, None, None, 1)
    exact = estimate(np.array([3.0, np.inf]), mean)
    assert exact.value == np.inf and exact.low is None


def test_a_pooled_psnr_is_that_of_the_mean_error():
    numbers = Numbers(('a', 'b'), np.array([100.0, 300.0]), 'pooled_psnr')
    found = estimate(numbers.values, numbers.average)
    assert found.value == pytest.approx(10 * np.log10(255**2 / 200))
    assert found.low == pytest.approx(10 * np.log10(255**2 / 300))
    assert found.high == pytest.approx(10 * np.log10(255**2 / 100))


def test_correlation_is_pearsons():
    random = np.random.default_rng(0)
    x = random.normal(size=25)
    y = x + 0.5 * random.normal(size=25)
    found = correlation(x, y)
    assert found.value == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert found.low < found.value < found.high <= 1
    assert correlation(x, np.ones(25)) is None


def test_rows_of_equal_length_are_drawn_alike():
    assert np.array_equal(resamples(5), resamples(5))
    assert resamples(5).shape == (10_000, 5) and resamples(5).max() == 4


@pytest.mark.parametrize(
    ('metric', 'low', 'high', 'said'),
    [
        ('PSNR', 0.1, 0.5, 'ahead'),
        ('PSNR', -0.5, -0.1, 'behind'),
        ('LPIPS', 0.1, 0.5, 'behind'),
        ('LPIPS', -0.5, -0.1, 'ahead'),
        ('PSNR', -0.1, 0.5, 'not told apart'),
        ('PSNR', None, None, 'not told apart'),
    ],
)
def test_a_verdict_is_of_the_interval(metric, low, high, said):
    assert verdict(Estimate(0.3, low, high, 9), metric) == said
    assert verdict(Estimate(0.3, low, high, 5), metric) == 'not told apart'  # too few images


def test_what_is_better():
    assert more_is_better('generated/PSNR') and more_is_better('SSIM')
    assert not more_is_better('LPIPS') and not more_is_better('Consistency')
