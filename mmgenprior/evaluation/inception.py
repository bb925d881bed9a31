"""MMagic's Inception network, for what may be called FID and Inception Score."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmagic.evaluation.metrics import FrechetInceptionDistance, InceptionScore
from torch import Tensor

from mmgenprior.images import swapped
from mmgenprior.utils.errors import UserError


def inception_features(path: str, device: str = 'cpu') -> Callable[[Tensor], Tensor]:
    """The features that MMagic's ``FID`` compares.

    Args:
        path: TorchScript file of Inception, ``inception-2015-12-05.pt`` of StyleGAN2-ADA.
        device: Where to run it.

    Returns:
        A function from uint8 B×3×H×W RGB to B×2048.

    Raises:
        UserError: If there is no such file, or it is not TorchScript.
    """
    metric = _with_inception(FrechetInceptionDistance, path, device, fake_nums=1)
    # The metric takes BGR.
    return lambda pictures: metric.forward_inception(swapped(pictures))


def inception_score(
    path: str, batches: Iterable[np.ndarray], device: str = 'cpu', splits: int = 10
) -> tuple[float, float]:
    """MMagic's Inception Score (Salimans et al., 2016) of pictures.

    It is of a set, not of a picture, so that it is no metric of the evaluator; DGP reports it of
    its morphing frames.

    Args:
        path: As :func:`inception_features`.
        batches: Pictures, uint8 B×H×W×3 RGB; all in all at least ``splits``.
        device: Where to run the network.
        splits: Parts of the set that are scored apart.

    Returns:
        Mean and standard deviation over the parts; 1 is the least.

    Raises:
        UserError: As :func:`inception_features`, or if there are fewer pictures than parts.
    """
    # It stops taking pictures at this number.
    metric = _with_inception(InceptionScore, path, device, fake_nums=10**9, splits=splits)
    for batch in batches:
        pictures = torch.from_numpy(np.ascontiguousarray(batch.transpose(0, 3, 1, 2)))
        with torch.no_grad():
            # The metric takes BGR.
            metric.process({}, [dict(fake_img=x) for x in swapped(pictures)])
    metric.fake_nums = len(metric.fake_results)
    if metric.fake_nums < splits:
        raise UserError(
            f'Inception Score in {splits} parts of {metric.fake_nums} pictures: give more pictures'
        )
    found = metric.compute_metrics(metric.fake_results)
    return found['is'], found['is_std']


def _with_inception(kind: type, path: str, device: str, **options: Any) -> Any:
    if not Path(path).is_file():
        raise UserError(f"Inception weights '{path}' not found: give inception-2015-12-05.pt")
    try:
        metric = kind(inception_path=str(path), **options)
    except RuntimeError as error:
        raise UserError(
            f"Inception weights '{path}' are no TorchScript file: give inception-2015-12-05.pt"
        ) from error
    metric.device = device
    metric.inception.to(device)
    return metric
