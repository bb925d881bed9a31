"""Keeping inversions, to train and judge a φ network without a GAN at hand."""

from __future__ import annotations

from collections.abc import Sequence
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
    so that its ``resume`` goes on where a run stopped.

    Args:
        folder: Folder of the three.
        arrays: Also write ``<key>.npy`` beside each picture: 3×H×W float32, RGB on the scale
            [0, 1], not rounded; noise in ``input`` is not clipped.

    Raises:
        UserError: On resume, an image taken over from an earlier run was not stored then, or not
            with the arrays that are asked for; or the samples are no measurements.
    """

    # Before the report.
    priority = 'LOW'

    def __init__(self, folder: str, arrays: bool = False) -> None:
        self.folder = expand(folder, 'StoreInversions: folder')
        self.arrays = arrays

    def before_test_epoch(self, runner: Any) -> None:
        """See that nothing is missing of what a resumed run does not restore again."""
        # The report has taken the rows over in before_test.
        keys = [key for e in runner.test_loop.evaluators for key in e.rows]
        again = 'run again with --cfg-options default_hooks.report.resume=False'
        missing = [key for key in keys if not file_of(self.folder / 'prior', key).is_file()]
        if missing:
            raise UserError(
                f'{len(missing)} images of an earlier run, {missing[0]} the first, were not '
                f'stored in {self.folder}: {again}'
            )
        if not self.arrays:
            return
        roles = ('input', 'prior')
        missing = [
            key
            for key in keys
            if not all(file_of(self.folder / role, key, '.npy').is_file() for role in roles)
        ]
        if missing:
            raise UserError(
                f'{len(missing)} images of an earlier run, {missing[0]} the first, were stored in '
                f'{self.folder} without arrays: give --arrays with a new folder, or {again}'
            )

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
            self._store('input', key, bgr255(_data_image(measurement)), grey=grey)
            self._store('prior', key, sample.output.pred_img)
            if 'gt_img' in sample:
                self._store('gt', key, sample.gt_img)

    def _store(self, role: str, key: str, image: Tensor, grey: bool = False) -> None:
        array = file_of(self.folder / role, key, '.npy')
        if self.arrays:
            write_array(array, array_of(rgb01(image.float())))
        else:
            array.unlink(missing_ok=True)  # one of an earlier run is not of this picture
        picture = to_uint8(image)
        write_png(file_of(self.folder / role, key), picture[..., 0] if grey else picture)


def _data_image(measurement: Measurement) -> Tensor:
    """g⁻¹(y) of one sample, 3×H×W."""
    with torch.no_grad():
        return data_image(measurement.bind())[0]
