"""Samples that are no files."""

from __future__ import annotations

from typing import Any

from mmagic.registry import DATASETS
from mmengine.dataset import BaseDataset


@DATASETS.register_module()
class SampleImageDataset(BaseDataset):
    """Named samples whose pixels a transform supplies, see :class:`LoadSampleImage`.

    Args:
        keys: One key per sample.
        **kwargs: As :class:`mmengine.dataset.BaseDataset`.
    """

    METAINFO = dict(dataset_type='sample_image_dataset', task_name='restoration')

    def __init__(self, keys: list[str], **kwargs: Any) -> None:
        self.keys = list(keys)
        kwargs.setdefault('test_mode', True)
        super().__init__(**kwargs)

    def load_data_list(self) -> list[dict]:
        """One sample per key."""
        return [dict(key=key) for key in self.keys]
