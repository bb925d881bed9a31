"""Classifiers of torchvision, which the defence task attacks. Imports no MMagic."""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmgenprior.utils.errors import UserError
from mmgenprior.weights.reading import read_checkpoint, select_state
from mmgenprior.weights.resolve import resolve_checkpoint

# torchvision's ResNet-50 of the papers, 76.1 % top-1.
RESNET50_WEIGHTS = 'https://download.pytorch.org/models/resnet50-0676ba61.pth'
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Weights that lie in the package: configs/classifier_toyfaces.py trained them.
_BUNDLED = {'toyfaces': Path(__file__).with_name('toyfaces.safetensors')}


@functools.lru_cache(maxsize=4)
def load_classifier(
    name: str, weights: str | None, num_classes: int, init_seed: int = 0
) -> nn.Module:
    """A classifier of torchvision, frozen, on the CPU; once per process.

    Args:
        name: Its name, e.g. ``'resnet50'``.
        weights: Weight file of torchvision or of a training (:mod:`.training`), address with a
            hash, ``'toyfaces'`` for the package's own, or None for
            random weights, which one warning line says.
        num_classes: Number of its classes.
        init_seed: Seed of random weights.

    Raises:
        UserError: If torchvision has no such classifier or the file does not fit it.
        CheckpointError: If the file is missing, unsafe or damaged.
        DownloadError: If it cannot be fetched or verified.
    """
    from mmengine.logging import print_log

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(init_seed)
        network = new_classifier(name, num_classes)
    if weights is None:
        print_log(
            f'{name}: no weights are given, the classifier is random (init_seed={init_seed})',
            logger='current',
            level=logging.WARNING,
        )
    else:
        content = read_checkpoint(_BUNDLED.get(weights) or resolve_checkpoint(weights))
        # A file of torchvision is a state dict itself, a checkpoint of a training holds one.
        trained = 'network' if 'state_dict' in content else ''
        try:
            network.load_state_dict(select_state(content, trained), strict=True)
        except RuntimeError as error:
            line = str(error).splitlines()[-1].strip()
            raise UserError(f'{weights!r} does not fit {name}: {line}') from error
    return network.eval().requires_grad_(False)


def classifier_logits(
    network: nn.Module,
    image: Tensor,
    size: int | None = None,
    mean: Sequence[float] = IMAGENET_MEAN,
    std: Sequence[float] = IMAGENET_STD,
) -> Tensor:
    """Scores of a classifier.

    Args:
        network: A classifier of torchvision.
        image: B×3×H×W, RGB in [0, 1].
        size: Side to which images are resized for it, or None.
        mean: Means that are subtracted from RGB.
        std: Standard deviations that it is divided by.

    Returns:
        B×classes.
    """
    if size is not None:
        image = F.interpolate(
            image, size=(size,) * 2, mode='bilinear', align_corners=False, antialias=True
        )
    mean, std = (image.new_tensor(v).view(1, 3, 1, 1) for v in (mean, std))
    return network((image - mean) / std)


def new_classifier(name: str, num_classes: int) -> nn.Module:
    """A classifier of torchvision with random weights.

    Raises:
        UserError: If torchvision has none of this name.
    """
    from torchvision.models import get_model, list_models

    if name not in list_models():
        raise UserError(f'torchvision has no classifier {name!r}')
    return get_model(name, weights=None, num_classes=num_classes)
