"""A data set without data: each sample is a number that seeds what a model draws."""

from __future__ import annotations

from mmagic.registry import DATASETS
from torch.utils.data import Dataset

from mmgenprior.utils.limits import PositiveInt


@DATASETS.register_module()
class SeedsDataset(Dataset):
    """Samples ``dict(seed=i)`` for models that make their own training data.

    Args:
        length: Number of samples; a training that takes each once never repeats a picture.
        first: The first seed, to keep a training and its validation apart.

    Raises:
        ValueError: If ``length`` is below 1 or ``first`` negative.
    """

    def __init__(self, length: PositiveInt, first: int = 0) -> None:
        if length < 1 or first < 0:
            raise ValueError(
                f'SeedsDataset: length={length} must be positive, first={first} not < 0'
            )
        self.length = int(length)
        self.first = int(first)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, int]:
        """Sample number ``index``."""
        return dict(seed=self.first + index)
