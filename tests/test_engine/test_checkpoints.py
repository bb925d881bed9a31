"""load_from and resume of the framework read files as everything here does."""

from __future__ import annotations

import pytest
import torch
from mmengine.runner.checkpoint import CheckpointLoader

import mmgenprior.components  # noqa: F401  (registers the loader)
from mmgenprior.utils.errors import CheckpointError


def test_files_are_looked_at_first(tmp_path):
    path = tmp_path / 'a.pth'
    torch.save(dict(state_dict=dict(w=torch.ones(2)), meta=dict(iter=3)), path)
    for name in (str(path), path):
        found = CheckpointLoader.load_checkpoint(str(name), map_location='cpu')
        assert torch.equal(found['state_dict']['w'], torch.ones(2)) and found['meta']['iter'] == 3
    for tensor, said in (
        (torch.ones(2, device='meta'), "'state_dict.w' is on the meta device"),
        (torch.eye(3).to_sparse(), 'sparse_coo'),
        (torch.zeros(1).expand(10**10), 'would take 40.0 GB'),
    ):
        torch.save(dict(state_dict=dict(w=tensor)), path)
        with pytest.raises(CheckpointError, match=said):
            CheckpointLoader.load_checkpoint(str(path))
    with pytest.raises(CheckpointError, match='not found'):
        CheckpointLoader.load_checkpoint(str(tmp_path / 'none.pth'))
