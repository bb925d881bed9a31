"""MMagic's Inception features, for the one distance that may be called FID."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mmagic.evaluation.metrics import FrechetInceptionDistance
from torch import Tensor

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
    if not Path(path).is_file():
        raise UserError(f"Inception weights '{path}' not found: give inception-2015-12-05.pt")
    try:
        metric = FrechetInceptionDistance(fake_nums=1, inception_path=str(path))
    except RuntimeError as error:
        raise UserError(
            f"Inception weights '{path}' are no TorchScript file: give inception-2015-12-05.pt"
        ) from error
    metric.device = device
    metric.inception.to(device)
    # The metric takes BGR.
    return lambda pictures: metric.forward_inception(pictures.flip(1))
