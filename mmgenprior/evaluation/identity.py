"""Whether a restored face is still the same person's, to a face descriptor."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmagic.evaluation.metrics.base_sample_wise_metric import BaseSampleWiseMetric
from mmagic.registry import METRICS

from mmgenprior.evaluation.backbones import MetricUnavailable

_PACKAGE, _FILE = 'face_recognition_models', 'dlib_face_recognition_resnet_model_v1.dat'
# The side at which the network sees an aligned face.
_SIDE = 150


def load_face_network(weights: str | None = None) -> Any:
    """Dlib's face descriptor, a ResNet of 29 layers: 128 numbers, 99.38 % on LFW by its author.

    Args:
        weights: Its file; None takes that of the package ``face_recognition_models``.

    Raises:
        MetricUnavailable: If dlib or the file cannot be had, or is another one.
    """
    try:
        import dlib
    except ImportError as error:
        raise MetricUnavailable(
            "Identity is left out: the package 'dlib' is not installed: "
            "pip install 'mmgenprior[judges]'"
        ) from error
    if weights is None:
        # Found, not imported: the package asks for pkg_resources, which is gone.
        spec = importlib.util.find_spec(_PACKAGE)
        folder = Path(spec.origin).parent if spec and spec.origin else Path()
        weights = str(folder / 'models' / _FILE)
    if not Path(weights).is_file():
        raise MetricUnavailable(
            f"Identity is left out: '{Path(weights).name}' is not here: "
            "pip install 'mmgenprior[judges]', or FaceIdentity(weights=PATH)"
        )
    try:
        return dlib.face_recognition_model_v1(str(weights))
    except RuntimeError as error:
        raise MetricUnavailable(
            f"Identity is left out: '{Path(weights).name}' is no face network of dlib"
        ) from error


@METRICS.register_module()
class FaceIdentity(BaseSampleWiseMetric):
    """Distance of the face descriptors of a restoration and the truth, from 0, lower is better.

    Below 0.6 two pictures are one person's, by the network's author. The picture as it is, enlarged
    to 150×150, is taken for an aligned face, without a search for landmarks, which 64×64 are too
    few pixels for: right for faces cropped as CelebA's are.

    Args:
        weights: See :func:`load_face_network`.
        gt_key: Key of the ground truth.
        pred_key: Key of the image in the output.
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.
    """

    metric = 'Identity'

    def __init__(
        self,
        weights: str | None = None,
        gt_key: str = 'gt_img',
        pred_key: str = 'pred_img',
        prefix: str | None = None,
    ) -> None:
        super().__init__(gt_key=gt_key, pred_key=pred_key, prefix=prefix)
        self.weights = weights
        self._network: Any = None

    def load(self) -> None:
        """Load the network, once.

        Raises:
            MetricUnavailable: See :func:`load_face_network`.
        """
        if self._network is None:
            self._network = load_face_network(self.weights)

    def process_image(self, gt: torch.Tensor, pred: torch.Tensor, mask: Any) -> float:
        """Distance of the two descriptors; CHW, BGR, scale 0..255."""
        self.load()
        return float(np.linalg.norm(self._descriptor(gt) - self._descriptor(pred)))

    def _descriptor(self, image: torch.Tensor) -> np.ndarray:
        levels = image.detach().cpu().float().clamp(0, 255).round().byte()
        picture = np.ascontiguousarray(levels.numpy().transpose(1, 2, 0)[..., ::-1])
        chip = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)
        return np.asarray(self._network.compute_face_descriptor(chip), dtype=np.float64)
