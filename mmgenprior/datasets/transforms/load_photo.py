"""Loading photographs that serve as ground truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from mmagic.registry import TRANSFORMS
from mmcv.transforms import BaseTransform
from mmengine.logging import print_log

from mmgenprior.datasets.image_io import read_header, read_image
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.names import printable


def fit_to(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Centre crop to the aspect ratio of ``size`` (h, w), then resize to it.

    Shrinking averages areas, enlarging is bicubic (clipped to [0, 255]).
    """
    (h, w), (height, width) = image.shape[:2], size
    scale = min(h / height, w / width)
    crop_h, crop_w = min(h, round(height * scale)), min(w, round(width * scale))
    top, left = (h - crop_h) // 2, (w - crop_w) // 2
    image = image[top : top + crop_h, left : left + crop_w]
    method = cv2.INTER_AREA if crop_h >= height and crop_w >= width else cv2.INTER_CUBIC
    return cv2.resize(image, (width, height), interpolation=method).clip(0, 255)


@TRANSFORMS.register_module()
class LoadPhoto(BaseTransform):
    """Load a photograph, and fit it to the size that the prior knows.

    Does what MMagic's ``LoadImageFromFile`` does for a single picture, keeps 16
    bits if the file has them, and says which file is damaged. A photograph of
    another size is cropped round its centre and resized, which is said once.

    Required Keys: ``<key>_path``.

    Added Keys: ``<key>`` (H×W×3 BGR float32 in [0, 255]), ``ori_<key>_shape``,
    ``<key>_channel_order``, ``<key>_color_type``.

    Args:
        key: Role of the picture in the sample.
        size: Side, or (height, width), that the picture shall have; None keeps
            the file's own.
        allow_missing: A sample without ``<key>_path`` passes unchanged.

    Raises:
        UserError: The file cannot be read (see
            :func:`mmgenprior.datasets.image_io.read_image`).
    """

    def __init__(
        self,
        key: str = 'gt',
        size: int | tuple[int, int] | None = None,
        allow_missing: bool = False,
    ) -> None:
        self.key = key
        self.size = (size, size) if isinstance(size, int) else size and tuple(size)
        self.allow_missing = allow_missing
        self._announced = False

    def transform(self, results: dict) -> dict:
        """Load ``results['<key>_path']``."""
        if self.allow_missing and f'{self.key}_path' not in results:
            return results
        image = read_image(results[f'{self.key}_path'])
        results[f'ori_{self.key}_shape'] = image.shape
        if image.shape[2] == 1:
            image = image.repeat(3, axis=2)
        if self.size is not None and image.shape[:2] != self.size:
            self._announce(results[f'{self.key}_path'], image.shape)
            image = fit_to(image, self.size)
        results[self.key] = image
        results[f'{self.key}_channel_order'] = 'bgr'
        results[f'{self.key}_color_type'] = 'color'
        return results

    def check_files(
        self, results: Mapping[str, Any], size: tuple[int, int] | None
    ) -> tuple[int, int] | None:
        """Size that the photograph will have, from its header.

        Raises:
            UserError: If the image to restore has another one already.
        """
        path = results.get(f'{self.key}_path')
        if path is None:
            return size
        header = read_header(path)
        own = self.size or (header.height, header.width)
        if size is not None and own != size:
            raise UserError(
                f'{printable(path)}: the photo is {own[1]}×{own[0]}, but the image to restore is '
                f'{size[1]}×{size[0]}'
            )
        return own

    def _announce(self, path: str, shape: tuple[int, ...]) -> None:
        if not self._announced:
            print_log(
                f'{path} is {shape[1]}×{shape[0]}: photos are cropped round their centre and '
                f'resized to {self.size[1]}×{self.size[0]} (said once)',
                logger='current',
                level=30,
            )
        self._announced = True

    def __repr__(self) -> str:
        return f'{type(self).__name__}(key={self.key!r}, size={self.size})'


@TRANSFORMS.register_module()
class Translate(BaseTransform):
    """Shift a picture by whole pixels, as a badly aligned face would be.

    IAGAN (section Super-Resolution, figure 7) shifts faces "vertically by a few
    pixels" out of the positions that the generator has learnt.

    Required Keys: those in ``keys``. Changed Keys: the same.

    Args:
        shift: (down, right) in pixels.
        keys: Roles of the pictures to shift.
        border: What fills the uncovered side: ``'reflect'`` or ``'replicate'``.
    """

    _MODES = {'reflect': 'reflect', 'replicate': 'edge'}

    def __init__(
        self,
        shift: tuple[int, int],
        keys: list[str] | tuple[str, ...] = ('gt',),
        border: str = 'reflect',
    ) -> None:
        if border not in self._MODES:
            raise ValueError(f"border is {border!r}; choose 'reflect' or 'replicate'")
        self.shift = tuple(shift)
        self.keys = tuple(keys)
        self.border = border

    def transform(self, results: dict) -> dict:
        """Shift every picture of ``keys``."""
        down, right = self.shift
        pad = [(max(down, 0), max(-down, 0)), (max(right, 0), max(-right, 0)), (0, 0)]
        for key in self.keys:
            image = results[key]
            h, w = image.shape[:2]
            padded = np.pad(image, pad, mode=self._MODES[self.border])
            top, left = max(-down, 0), max(-right, 0)
            results[key] = padded[top : top + h, left : left + w]
        return results

    def check_files(
        self, results: Mapping[str, Any], size: tuple[int, int] | None
    ) -> tuple[int, int] | None:
        """The size is not changed."""
        return size
