"""Weights that a metric needs, and what happens when they cannot be had."""

from __future__ import annotations

from os import PathLike

from mmgenprior.utils.errors import UserError
from mmgenprior.weights.reading import read_checkpoint
from mmgenprior.weights.resolve import resolve_checkpoint

# torchvision's and MMPretrain's own files; the digits in the name are those of the SHA-256.
ALEXNET = 'https://download.pytorch.org/models/alexnet-owt-7be5be79.pth'
RESNET50 = (
    'https://download.openmmlab.com/mmclassification/v0/resnet/'
    'resnet50_8xb32_in1k_20210831-ea4938fc.pth'
)


class MetricUnavailable(UserError):  # noqa: N818  (a state of affairs, not a fault)
    """A metric lacks its weights or a package; it is left out, and the rest goes on."""


def metric_weights(metric: str, weights: str | PathLike) -> dict:
    """Content of the weight file of a metric, checked as those of priors are.

    Args:
        metric: Name of the metric, for the message.
        weights: Path, or an address with the file's SHA-256; it is fetched once, to the folder
            ``MGP_PRIOR_ROOT`` (``~/.cache/mmgenprior``), where it may also be put by hand.

    Raises:
        MetricUnavailable: In one line, if the file cannot be had, is another one, or is damaged.
    """
    try:
        return read_checkpoint(resolve_checkpoint(weights))
    except UserError as error:
        raise MetricUnavailable(f'{metric} is left out: {error}') from error
