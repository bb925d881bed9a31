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
        folder = Path(runner.work_dir)
        for sample in outputs:
            key, written = sample.metainfo['row']['key'], {}
            for name, (low, high) in self.maps.items():
                values = sample.output.get(name)
                if values is None:
                    continue
                values = array_of(values)
                written[name, '.npy'] = values
                written[name, '.png'] = map_picture(values, low, high)
                over = map_overlay(to_uint8(sample.output.pred_img), values, low, high)
                written[f'{name}_over', '.png'] = over
            written.update(self._intervals(sample))
            saved = dict(sample.metainfo.get('saved', {}))
            for (name, suffix), content in written.items():
                path = file_of(folder / name, key, suffix)
                write = write_png if suffix == '.png' else write_array
                saved[path.relative_to(folder).as_posix()] = write(path, content)
            sample.set_metainfo(dict(saved=saved))

    @staticmethod
    def _intervals(sample: Any) -> dict[tuple[str, str], np.ndarray]:
        found = {}
        for name in sample.output.keys():
            if name.startswith(INTERVAL):
                bounds = array_of(sample.output.get(name))
                found[name, '.npy'] = bounds
                found[name, '.png'] = np.concatenate([to_uint8(b) for b in bounds], axis=1)
        return found
