from __future__ import annotations

import pytest

from mmgenprior.engine import RestorationSampler


@pytest.mark.parametrize('world', [1, 2, 3, 9])
def test_every_sample_once_over_all_processes(monkeypatch, world):
    dealt = []
    for rank in range(world):
        monkeypatch.setattr(
            'mmgenprior.engine.samplers.get_dist_info', lambda rank=rank: (rank, world)
        )
        sampler = RestorationSampler(range(7), seed=3)
        sampler.skip([2, 5])
        mine = list(sampler)
        assert len(sampler) == len(mine)
        dealt += mine
    assert sorted(dealt) == [0, 1, 3, 4, 6]
