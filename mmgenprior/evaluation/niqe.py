"""MMagic's NIQE for restorations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmagic.evaluation.metrics import NIQE
from mmagic.registry import METRICS

_BLOCK = 96


@METRICS.register_module()
class PictureNIQE(NIQE):
    """Natural image quality evaluator (Mittal et al., 2013), lower is better, as MMagic's ``NIQE``.

    That one asks for a ground truth and takes pictures for H×W×3. This one needs no ground truth,
    and leaves out pictures that have fewer than two blocks of 96×96, for which there is no
    covariance.

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

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Add the number of each sample that is large enough."""
        for sample in data_samples:
            image = sample['output'][self.key].detach().cpu().clamp(0, 255)
            blocks = (image.shape[-2] // _BLOCK) * (image.shape[-1] // _BLOCK)
            if blocks >= 2:
                self.results.append({self.metric: float(self.process_image(None, image, None))})
