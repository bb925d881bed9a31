"""FID and KID of two sets of pictures, by torchmetrics."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike

import numpy as np
import torch
from torch import nn

from mmgenprior.evaluation.backbones import MetricUnavailable, metric_weights

# Fewer pictures than this tell nothing of a distribution.
LEAST = 50


def fid_and_kid(
    real: Iterable[np.ndarray],
    fake: Iterable[np.ndarray],
    weights: str | PathLike,
    seed: int = 0,
) -> dict[str, float]:
    """Fréchet and kernel Inception distance (Heusel et al., 2017; Bińkowski et al., 2018).

    Both are of torchmetrics, on the features of torch-fidelity's Inception. FID is biased upwards,
    the more the fewer pictures there are; KID is not, and its subsets are all of the smaller set.

    Args:
        real: Pictures H×W×3, uint8 RGB.
        fake: Alike.
        weights: torch-fidelity's ``pt_inception-2015-12-05-6726825d.pth``.
        seed: Of KID's subsets.

    Returns:
        ``FID`` and ``KID``, both lower is better.

    Raises:
        MetricUnavailable: If a package or the weights cannot be had, or there are fewer than
            :data:`LEAST` pictures.
    """
    # torch-fidelity unpickles what it is given: a file that passes here is of tensors alone.
    metric_weights('FID', weights)
    sets = [list(real), list(fake)]
    least = min(map(len, sets))
    if least < LEAST:
        raise MetricUnavailable(f'FID and KID are left out: of {least} pictures they tell nothing')
    try:
        from torchmetrics.image.fid import FrechetInceptionDistance, NoTrainInceptionV3
        from torchmetrics.image.kid import KernelInceptionDistance

        network = NoTrainInceptionV3('inception-v3-compat', ['2048'], str(weights))
    except ImportError as error:
        raise MetricUnavailable(
            'FID and KID are left out: torch-fidelity is not installed: pip install '
            "'mmgenprior[judges]'"
        ) from error
    # Both metrics take the features, so that the network sees every picture once.
    given = nn.Identity()
    given.num_features = 2048
    fid = FrechetInceptionDistance(feature=given)
    kid = KernelInceptionDistance(feature=given, subsets=10, subset_size=least)
    for pictures, is_real in zip(sets, (True, False)):
        features = torch.cat([network(_batch(picture)) for picture in pictures])
        for metric in (fid, kid):
            metric.update(features, real=is_real)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return dict(FID=float(fid.compute()), KID=float(kid.compute()[0]))


def _batch(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]
