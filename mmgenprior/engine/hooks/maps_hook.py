"""Maps of the result: as arrays to reckon with, as pictures to look at."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmagic.registry import HOOKS
from mmengine.hooks import Hook

from mmgenprior.engine.files import file_of, write_atomically, write_png


@HOOKS.register_module()
class MapsHook(Hook):
    """Write maps of every sample, ``<work dir>/<name>/<key>.npy`` and ``.png``.

    The array is C×H×W float32 as the editor gives it. The picture is the mean over channels,
    dark at ``low`` and bright yellow at ``high``. Samples without the map are left out.

    Args:
        maps: Name of a field of the output → (low, high).
    """

    # Before the report notes the sample as finished.
    priority = 'LOW'

    def __init__(self, maps: dict[str, tuple[float, float]]) -> None:
        self.maps = {name: tuple(limits) for name, limits in maps.items()}

    def after_test_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence | None = None,
    ) -> None:
        """Write the maps of the batch."""
        for sample in outputs:
            for name, (low, high) in self.maps.items():
                values = sample.output.get(name)
                if values is None:
                    continue
                values = values.detach().float().cpu().numpy()
                folder, key = Path(runner.work_dir) / name, sample.metainfo['row']['key']
                content = io.BytesIO()
                np.save(content, values)
                write_atomically(file_of(folder, key, '.npy'), content.getvalue())
                write_png(file_of(folder, key), map_picture(values, low, high))


def map_picture(values: np.ndarray, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """C×H×W map → H×W×3 uint8 BGR picture of its mean over channels."""
    level = (values.mean(axis=0) - low) / (high - low)
    grey = np.rint(np.clip(np.nan_to_num(level), 0, 1) * 255).astype(np.uint8)
    return cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO)
