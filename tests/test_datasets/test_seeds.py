"""A data set of numbers."""

import pytest
from mmagic.registry import DATASETS

import mmgenprior.components  # noqa: F401


def test_samples_are_consecutive_numbers():
    dataset = DATASETS.build(dict(type='SeedsDataset', length=3, first=7))
    assert [dataset[i] for i in range(len(dataset))] == [dict(seed=s) for s in (7, 8, 9)]


@pytest.mark.parametrize('fault', [dict(length=0), dict(length=1, first=-1)])
def test_numbers_are_checked(fault):
    with pytest.raises(ValueError, match='SeedsDataset'):
        DATASETS.build(dict(type='SeedsDataset', **fault))
