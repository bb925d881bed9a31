"""Which samples a process is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from typing import Any

from mmagic.registry import DATA_SAMPLERS
from mmengine.dataset import InfiniteSampler
from mmengine.dist import get_dist_info
from torch.utils.data import Sampler

from mmgenprior.datasets.visits import VisitedIndex


@DATA_SAMPLERS.register_module()
class RestorationSampler(Sampler):
    """Deal the samples out to the processes, none twice and without finished ones.

    MMEngine's ``DefaultSampler`` repeats samples until every process has the same
    number, which costs whole optimisations. Restoring needs no such balance.

    Args:
        dataset: The data set.
        seed: Accepted because MMEngine gives it; the order is the data set's.
    """

    def __init__(self, dataset: Sized, seed: int | None = None) -> None:
        self.dataset = dataset
        self.rank, self.world_size = get_dist_info()
        self.skipped: frozenset[int] = frozenset()

    def skip(self, indices: Iterable[int]) -> None:
        """Leave these samples out, the same on every process."""
        self.skipped = frozenset(indices)

    def _mine(self) -> list[int]:
        rest = [i for i in range(len(self.dataset)) if i not in self.skipped]
        return rest[self.rank :: self.world_size]

    def __iter__(self) -> Iterator[int]:
        return iter(self._mine())

    def __len__(self) -> int:
        return len(self._mine())

    def set_epoch(self, epoch: int) -> None:
        """Nothing to do: the order never changes."""


@DATA_SAMPLERS.register_module()
class EpochSampler(Sampler):
    """Another sampler, whose indices tell the epoch too.

    For a training whose ``Degrade(epoch_seed=True)`` makes fresh noise in every epoch. Which noise
    a sample gets is a function of seed, sample and epoch: processes, workers and a resumed run
    change nothing. ``InfiniteSampler`` begins an epoch each time it has gone through all samples.

    Args:
        dataset: The data set.
        sampler: Config of the sampler that chooses.
        seed: Given on to it.
    """

    def __init__(self, dataset: Sized, sampler: dict[str, Any], seed: int | None = None) -> None:
        self.sampler = DATA_SAMPLERS.build(sampler, default_args=dict(dataset=dataset, seed=seed))
        self.size = len(dataset)
        self.rank, self.world_size = get_dist_info()
        self.epoch = 0
        self._is_endless = isinstance(self.sampler, InfiniteSampler)
        self._given = 0

    def __iter__(self) -> Iterator[VisitedIndex]:
        for index in self.sampler:
            yield VisitedIndex(index, self._passes() if self._is_endless else self.epoch)
            self._given += 1

    def _passes(self) -> int:
        # The endless order is dealt out to the processes in turn.
        return (self.rank + self._given * self.world_size) // self.size

    def __len__(self) -> int:
        return len(self.sampler)

    def set_epoch(self, epoch: int) -> None:
        """Begin an epoch, as MMEngine's hook ``DistSamplerSeedHook`` does."""
        self.epoch = epoch
        self.sampler.set_epoch(epoch)
