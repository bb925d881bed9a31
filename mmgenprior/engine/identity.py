"""Hashes of what a result was made of: the contents of weights and of input files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine.dataset import BaseDataset
from torch import nn

from mmgenprior.ledger.settings import files_named
from mmgenprior.utils.files import digest
from mmgenprior.weights.hashes import file_sha256


def weights_digest(model: nn.Module, settings: Mapping[str, Any]) -> str:
    """Hash of all parameters and buffers, and of the files that the settings name.

    Args:
        model: As it is before the first search.
        settings: See :func:`mmgenprior.ledger.settings.settings_of`.
    """
    found = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        if isinstance(value, torch.Tensor):
            found.update(f'{name} {value.dtype} {tuple(value.shape)};'.encode())
            content = value.detach().cpu().contiguous().reshape(-1)
            found.update(content.view(torch.uint8).numpy().data)
    files = {key: file_sha256(path) for key, path in files_named(settings)}
    return digest(found.hexdigest(), files)


class Sources:
    """What the samples of a data set are made of, without their pictures being read or rendered.

    Args:
        dataset: The data set.

    Attributes:
        index: Key → place in the data set, in its order.
    """

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        infos = (self._info(i) for i in range(len(dataset)))
        self.index = {str(info['key']): i for i, info in enumerate(infos) if 'key' in info}
        self._known: dict[Path, tuple[tuple[int, int], str]] = {}

    def sample(self, key: str) -> dict[str, Any]:
        """What the data set knows of a sample."""
        return self._info(self.index[key])

    def _info(self, index: int) -> dict[str, Any]:
        # A data set's own get_data_info may draw the picture.
        if isinstance(self._dataset, BaseDataset):
            return BaseDataset.get_data_info(self._dataset, index)
        return self._dataset.get_data_info(index)

    def digest(self, key: str) -> str:
        """Hash of what is known of a sample, with the contents of its files for their paths."""
        info = self.sample(key)
        info.pop('sample_idx', None)
        return digest({name: self._content(name, value) for name, value in info.items()})

    def _content(self, name: str, value: Any) -> Any:
        if not name.endswith('_path') or not isinstance(value, str):
            return value
        path = Path(value)
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            known = self._known.get(path)
            if known is None or known[0] != stamp:  # one mask may serve all samples
                known = self._known[path] = (stamp, file_sha256(path))
        except OSError:  # who reads it will say so
            return None
        return known[1]
