"""Samples that are chosen while the run is at work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from torch.utils.data import DataLoader


def load(loader: DataLoader, indices: Iterable[int]) -> Any:
    """The batch of these samples, as the loader would make it."""
    return loader.collate_fn([loader.dataset[i] for i in indices])


class OrderedLoader:
    """In the place of a loader: what somebody makes of the samples that are left.

    Args:
        loader: Whose data set and sampler are used.
        make: Gets the indices that are left, and yields what the loop goes through.
    """

    def __init__(self, loader: DataLoader, make: Callable[[Sequence[int]], Iterator[Any]]) -> None:
        self.dataset = loader.dataset
        self.sampler = loader.sampler
        self.batch_size = loader.batch_size
        self._make = make

    def __len__(self) -> int:
        """Samples that are left."""
        return len(self.sampler)

    def __iter__(self) -> Iterator[Any]:
        """What is made of them."""
        return self._make(list(self.sampler))
