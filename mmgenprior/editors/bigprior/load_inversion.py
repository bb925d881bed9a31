"""Loading what an inversion left: ground truth, measurement, and the generated picture."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from mmagic.registry import TRANSFORMS
from mmcv.transforms import BaseTransform
from mmengine.logging import print_log

from mmgenprior.datasets.array_io import read_arrays
from mmgenprior.datasets.image_io import read_image
from mmgenprior.images import to_bgr255
from mmgenprior.utils.errors import UserError

# Role in the folder layout → name in the pipeline.
ROLES = {'gt': 'gt', 'input': 'img', 'prior': 'prior'}
_FIX = 'store this inversion again (tools/invert.py), or remove its name from gt, input and prior'


@TRANSFORMS.register_module()
class LoadInversion(BaseTransform):
    """Load ``{gt,input,prior}/NAME.png`` of one sample.

    Required Keys: ``input_path``, ``prior_path``; optionally ``gt_path``.

    Added Keys: ``img`` (from ``input``), ``prior``, ``gt``: H×W×3 BGR float32 in [0, 255], grey
    copied to three channels; the ``<name>_channel_order`` of each, and ``<name>_color_type``, which
    is ``grayscale`` for an ``input`` of one channel.

    Args:
        arrays: Read ``NAME.npy`` beside each picture instead: 3×H×W, RGB on the scale [0, 1],
            neither rounded nor clipped, as noisy measurements need it. A line says so where
            ``input`` lacks it and the picture is taken.

    Raises:
        UserError: A file cannot be read, or the pictures of a sample differ in size.
    """

    def __init__(self, arrays: bool = False) -> None:
        self.arrays = arrays
        self._said = False

    def transform(self, results: dict) -> dict:
        """Load all pictures of the sample."""
        size = None
        for role, name in ROLES.items():
            if role == 'gt' and 'gt_path' not in results:
                continue
            path = Path(results[f'{role}_path'])
            image, grey = self._read(path, role)
            if size is not None and image.shape != size:
                raise UserError(
                    f'{path} is {image.shape[1]}×{image.shape[0]}, but {results["key"]} is '
                    f'{size[1]}×{size[0]} in another folder: {_FIX}'
                )
            size = image.shape
            results[name] = image
            results[f'{name}_channel_order'] = 'bgr'
            results[f'{name}_color_type'] = 'grayscale' if grey else 'color'
        return results

    def _read(self, path: Path, role: str) -> tuple[np.ndarray, bool]:
        """The image in three channels, and whether it is a measurement of one channel."""
        array = path.with_suffix('.npy')
        exact = self.arrays and array.is_file()
        if exact and role != 'input':
            return self._array(array), False
        # Of a measurement the picture alone tells whether it is grey.
        try:
            image = read_image(path)
        except UserError as error:
            raise UserError(f'{error}: {_FIX}') from None
        grey = image.shape[2] == 1
        if exact:
            return self._array(array), grey
        if self.arrays and role == 'input':
            self._say_clipped(path)
        return image.repeat(3, axis=2) if grey else image, grey and role == 'input'

    @staticmethod
    def _array(path: Path) -> np.ndarray:
        try:
            return to_bgr255(read_arrays(path)['y'])
        except UserError as error:
            raise UserError(f'{error}: {_FIX}') from None

    def _say_clipped(self, path: Path) -> None:
        if not self._said:
            self._said = True
            print_log(
                f'{path} has no array beside it: measurements of 8 bits, their noise clipped, take '
                'its place. tools/invert.py --arrays stores exact ones in a new folder.',
                logger='current',
                level=logging.WARNING,
            )

    def __repr__(self) -> str:
        return f'{type(self).__name__}(arrays={self.arrays})'
