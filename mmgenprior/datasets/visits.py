"""The number of an epoch, told to a sample by its index."""

from __future__ import annotations


class VisitedIndex(int):
    """The index of a sample, and which time it is asked for.

    A data set hands it on as ``sample_idx``, through any number of worker processes, so that a
    transform knows the epoch without a word from the training loop. The index of a repeated or
    joined data set keeps it.

    Args:
        index: The index.
        visit: How often the sampler has gone through all samples before.
    """

    visit: tuple[int, ...]

    def __new__(cls, index: int, visit: int | tuple[int, ...] = 0) -> VisitedIndex:
        """An index that remembers."""
        made = super().__new__(cls, index)
        made.visit = visit if isinstance(visit, tuple) else (visit,)
        return made

    def __mod__(self, length: int) -> VisitedIndex:
        """As ``RepeatDataset`` does it: each of its repetitions is a visit of its own."""
        repetition, index = divmod(int(self), length)
        return VisitedIndex(index, (*self.visit, repetition))

    def __sub__(self, before: int) -> VisitedIndex:
        """As ``ConcatDataset`` does it."""
        return VisitedIndex(int(self) - before, self.visit)
