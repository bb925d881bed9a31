"""MMagic's NIQE for restorations."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from mmagic.evaluation.metrics import NIQE
from mmagic.registry import METRICS
from mmengine.logging import print_log

_BLOCK = 96


@METRICS.register_module()
class PictureNIQE(NIQE):
    """Natural image quality evaluator (Mittal et al., 2013), lower is better, as MMagic's ``NIQE``.

    That one asks for a ground truth and takes pictures for H×W×3. This one needs no ground truth,
    and leaves out pictures that have fewer than two blocks of 96×96, for which there is no
    covariance, with a line that says so.

    Args:
        pred_key: Key of the image in the output.
        convert_to: ``'gray'`` or ``'y'``, the channel that is judged.
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.
    """

    needs_gt = False

    def __init__(
        self, pred_key: str = 'pred_img', convert_to: str = 'gray', prefix: str | None = None
    ) -> None:
        super().__init__(key=pred_key, prefix=prefix, input_order='CHW', convert_to=convert_to)
        self._said = False

    def _say_too_small(self, height: int, width: int) -> None:
        if not self._said:
            self._said = True
            print_log(
                f'NIQE is left out for pictures of {width}×{height}: it compares blocks of '
                f'{_BLOCK}×{_BLOCK} and needs two of them.',
                logger='current',
                level=logging.WARNING,
            )

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Add the number of each sample that is large enough."""
        for sample in data_samples:
            image = sample['output'][self.key].detach().cpu().clamp(0, 255)
            blocks = (image.shape[-2] // _BLOCK) * (image.shape[-1] // _BLOCK)
            if blocks < 2:
                self._say_too_small(*image.shape[-2:])
            else:
                self.results.append({self.metric: float(self.process_image(None, image, None))})
