"""Maps of the result: as arrays to reckon with, as pictures to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmagic.registry import HOOKS
from mmengine.hooks import Hook

from mmgenprior.images import array_of, to_uint8
from mmgenprior.utils.files import file_of, write_array, write_png
from mmgenprior.visualization import map_overlay, map_picture

# What fields of bounds begin with.
INTERVAL = 'interval_'
# Names of the fields, and the values shown darkest and brightest.
_MAPS = {'hallucination': (0, 1), 'restart_spread': (0, 0.25), 'phi': (0, 1), 'std': (0, 0.15)}


@HOOKS.register_module()
class MapsHook(Hook):
    """Write maps of every sample, ``<work dir>/<name>/<key>.npy`` and ``.png``.

    The array is C×H×W float32 as the editor gives it. The picture is the mean over channels,
    dark at ``low`` and bright yellow at ``high``; ``<name>_over/<key>.png`` shows it over the
    restored picture. Samples without the map are left out.

    Intervals, the fields ``interval_<level>`` (2×3×H×W, lower and upper bound, BGR, [0, 255]), are
    written as they are to ``interval_<level>/<key>.npy``; the picture shows both bounds side by
    side.

    Args:
        maps: Name of a field of the output → (low, high); by default ``hallucination`` and
            ``restart_spread``, which an editor with ``maps=True`` adds, BIGPrior's ``phi`` and
            GaussNewton's ``std``.
    """

    # Before the report notes the sample as finished.
    priority = 'LOW'

    def __init__(self, maps: dict[str, tuple[float, float]] | None = None) -> None:
        self.maps = {name: tuple(limits) for name, limits in (maps or _MAPS).items()}

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
                values = array_of(values)
                folder, key = Path(runner.work_dir) / name, sample.metainfo['row']['key']
                write_array(file_of(folder, key, '.npy'), values)
                write_png(file_of(folder, key), map_picture(values, low, high))
                restored = to_uint8(sample.output.pred_img)
                over = map_overlay(restored, values, low, high)
                write_png(file_of(folder.with_name(f'{name}_over'), key), over)
            self._write_intervals(Path(runner.work_dir), sample)

    @staticmethod
    def _write_intervals(folder: Path, sample: Any) -> None:
        key = sample.metainfo['row']['key']
        for name in sample.output.keys():
            if name.startswith(INTERVAL):
                bounds = array_of(sample.output.get(name))
                write_array(file_of(folder / name, key, '.npy'), bounds)
                picture = np.concatenate([to_uint8(bound) for bound in bounds], axis=1)
                write_png(file_of(folder / name, key), picture)
