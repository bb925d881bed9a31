"""LPIPS, the papers' perceptual similarity "PS"."""

from __future__ import annotations

import re
import warnings
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from mmagic.evaluation.metrics.base_sample_wise_metric import BaseSampleWiseMetric
from mmagic.registry import METRICS
from torch import nn

from mmgenprior.evaluation.backbones import ALEXNET, MetricUnavailable, metric_weights
from mmgenprior.images import swapped
from mmgenprior.weights.resolve import VGG16

_WEIGHTS = {'alex': ALEXNET, 'vgg': VGG16}


def load_lpips(net: str = 'alex', weights: str | PathLike | None = None) -> nn.Module:
    """The network of the ``lpips`` package, version 0.1, with a backbone that was checked.

    The package would fetch the backbone itself, unverified; its linear heads, which come with the
    package, are taken as they are.

    Args:
        net: ``'alex'`` or ``'vgg'``.
        weights: torchvision's file of the backbone, path or address; None is torchvision's own.

    Returns:
        Frozen, on the CPU; takes two B×3×H×W RGB on [-1, 1], returns B×1×1×1.

    Raises:
        ValueError: If there is no such net.
        MetricUnavailable: If the package or the weights cannot be had, or are others.
    """
    if net not in _WEIGHTS:
        raise ValueError(f'LPIPS: net={net!r}: use one of {", ".join(_WEIGHTS)}')
    try:
        import lpips
    except ImportError as error:
        raise MetricUnavailable(
            "LPIPS is left out: the package 'lpips' is not installed: pip install lpips"
        ) from error
    backbone = metric_weights('LPIPS', weights or _WEIGHTS[net])
    # Without memory: 138 million random numbers for VGG-16 would be drawn to be thrown away.
    with torch.device('meta'), warnings.catch_warnings():
        # The package calls torchvision in a way that this deprecates.
        warnings.filterwarnings('ignore', category=UserWarning, module='torchvision')
        model = lpips.LPIPS(net=net, pretrained=False, pnet_rand=True, verbose=False)
    heads = torch.load(
        Path(lpips.__file__).parent / 'weights' / 'v0.1' / f'{net}.pth',
        map_location='cpu',
        weights_only=True,
    )
    state = {}
    for name, empty in model.state_dict().items():
        if name.startswith('scaling_layer'):
            state[name] = empty  # a constant
        elif name.startswith('net.'):
            found = backbone.get(re.sub(r'net\.slice\d+\.', 'features.', name))
            if not isinstance(found, torch.Tensor) or found.shape != empty.shape:
                raise MetricUnavailable(
                    f"LPIPS is left out: '{weights or _WEIGHTS[net]}' is no {net} backbone: "
                    f'{name} of shape {tuple(empty.shape)} is missing; use the file of torchvision'
                )
            state[name] = found
        else:
            state[name] = heads[re.sub(r'^lins\.', 'lin', name)]
    model.load_state_dict(state, strict=True, assign=True)
    return model.eval().requires_grad_(False)


@METRICS.register_module()
class LPIPS(BaseSampleWiseMetric):
    """Learned perceptual image patch similarity (Zhang et al., 2018), lower is better, from 0.

    Of the saved picture, clamped to [0, 255] but not rounded. Named ``LPIPS`` with AlexNet, which
    is the metric's default, and ``LPIPS_vgg`` with VGG-16.

    Args:
        net: ``'alex'`` or ``'vgg'``.
        weights: See :func:`load_lpips`.
        gt_key: Key of the ground truth.
        pred_key: Key of the image in the output.
        device: Where the network runs.
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.

    Raises:
        ValueError: If there is no such net.
    """

    metric = 'LPIPS'

    def __init__(
        self,
        net: str = 'alex',
        weights: str | PathLike | None = None,
        gt_key: str = 'gt_img',
        pred_key: str = 'pred_img',
        device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(gt_key=gt_key, pred_key=pred_key, device=device, prefix=prefix)
        if net not in _WEIGHTS:
            raise ValueError(f'LPIPS: net={net!r}: use one of {", ".join(_WEIGHTS)}')
        self.net = net
        self.weights = weights
        self.metric = 'LPIPS' if net == 'alex' else f'LPIPS_{net}'
        self._model: nn.Module | None = None

    def load(self) -> None:
        """Load the network, once.

        Raises:
            MetricUnavailable: See :func:`load_lpips`.
        """
        if self._model is None:
            self._model = load_lpips(self.net, self.weights).to(self.device)

    def process_image(self, gt: torch.Tensor, pred: torch.Tensor, mask: Any) -> float:
        """Distance of one image, CHW, BGR, scale 0..255."""
        self.load()
        with torch.no_grad():
            return self._model(self._input(gt), self._input(pred)).item()

    def _input(self, image: torch.Tensor) -> torch.Tensor:
        image = swapped(image.detach().to(self.device).float().clamp(0, 255))
        return image[None] / 127.5 - 1
