"""The framework's own loading of checkpoints (``load_from``, ``resume``) by our reader."""

from __future__ import annotations

from typing import Any

from mmengine.runner.checkpoint import CheckpointLoader

from mmgenprior.utils.paths import expand
from mmgenprior.weights.reading import read_checkpoint
from mmgenprior.weights.resolve import resolve_checkpoint


@CheckpointLoader.register_scheme(prefixes='', force=True)
def load_from_local(filename: str, map_location: Any = None) -> dict:
    """Read a file as :func:`mmgenprior.weights.reading.read_checkpoint` does.

    Raises:
        CheckpointError: If there is no such file, or it is unsafe or damaged.
    """
    path = expand(filename, 'checkpoint')
    return read_checkpoint(path if path.is_file() else resolve_checkpoint(path), map_location)
