"""Keeping inversions, to train and judge a φ network without a GAN at hand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from mmagic.registry import HOOKS
from mmengine.hooks import Hook
from torch import Tensor

from mmgenprior.editors.bigprior.fusion import data_image
from mmgenprior.images import array_of, bgr255, rgb01, to_uint8
from mmgenprior.structures import Measurement
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.files import file_of, write_array, write_png
from mmgenprior.utils.paths import expand


@HOOKS.register_module()
class StoreInversionsHook(Hook):
    """Store ``{gt,input,prior}/<key>.png`` of every restored sample (BIGPrior, stage one).

    ``gt`` is the ground truth where there is one, ``input`` the measurement as an image g⁻¹(y),
    one channel if it is grey, ``prior`` the result of the editor; 8 bits, lossless. They are
    written before :class:`mmgenprior.engine.RestorationReportHook` notes the sample as finished,
    which restores again what is not stored here as it was, with the arrays that are asked for.

    Args:
        folder: Folder of the three.
        arrays: Also write ``<key>.npy`` beside each picture: 3×H×W float32, RGB on the scale
            [0, 1], not rounded; noise in ``input`` is not clipped.

    Raises:
        UserError: The samples are no measurements.
    """

    # Before the report.
    priority = 'LOW'

    def __init__(self, folder: str, arrays: bool = False) -> None:
        self.folder = expand(folder, 'StoreInversions: folder')
        self.arrays = arrays

    def before_test(self, runner: Any) -> None:
        """Paths are told relative to the work dir, as the report tells them."""
        self._work_dir = runner.work_dir

    def files_of(self, key: str) -> list[str]:
        """What must have been stored of an image that is not restored again."""
        endings = ('.png', '.npy') if self.arrays else ('.png',)
        return [self._named(r, key, e) for r in ('input', 'prior') for e in endings]

    def _named(self, role: str, key: str, ending: str) -> str:
        return Path(
            os.path.relpath(file_of(self.folder / role, key, ending), self._work_dir)
        ).as_posix()

    def after_test_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence | None = None,
    ) -> None:
        """Store every sample of the batch."""
        for sample in outputs:
            key = sample.metainfo['row']['key']
            measurement = sample.metainfo.get('measurement')
            if measurement is None:
                raise UserError(
                    f"sample '{key}' carries no measurement to store: invert with a config that "
                    'degrades photographs or loads measurements, such as mganprior_*'
                )
            grey = measurement.y.ndim == 3 and len(measurement.y) == 1
            saved = self._store('input', key, bgr255(_data_image(measurement)), grey=grey)
            saved |= self._store('prior', key, sample.output.pred_img)
            if 'gt_img' in sample:
                saved |= self._store('gt', key, sample.gt_img)
            sample.set_metainfo(dict(saved={**sample.metainfo.get('saved', {}), **saved}))

    def _store(self, role: str, key: str, image: Tensor, grey: bool = False) -> dict[str, str]:
        """Write the files of a role; path relative to the work dir → SHA-256."""
        array = file_of(self.folder / role, key, '.npy')
        saved = {}
        if self.arrays:
            saved[self._named(role, key, '.npy')] = write_array(
                array, array_of(rgb01(image.float()))
            )
        else:
            array.unlink(missing_ok=True)  # one of an earlier run is not of this picture
        picture = to_uint8(image)
        saved[self._named(role, key, '.png')] = write_png(
            file_of(self.folder / role, key), picture[..., 0] if grey else picture
        )
        return saved


def _data_image(measurement: Measurement) -> Tensor:
    """g⁻¹(y) of one sample, 3×H×W."""
    with torch.no_grad():
        return data_image(measurement.bind())[0]
