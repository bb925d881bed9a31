"""Which samples a process restores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized

from mmagic.registry import DATA_SAMPLERS
from mmengine.dist import get_dist_info
from torch.utils.data import Sampler


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
