"""Where a restoration says more than was measured."""

from __future__ import annotations

import functools
import logging

import torch
from mmengine.logging import print_log
from torch import Tensor

from mmgenprior.degradations.base import operator_name
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils import sample_generator


@torch.no_grad()
def hallucination_map(batch: MeasurementBatch, seed: int = 0, probes: int = 64) -> Tensor | None:
    """How much of each pixel the measurement leaves undetermined, from A's null space.

    The diagonal of I − A†A, which projects on what A does not see, as the mean over the colour
    channels: 0 where a pixel is measured, 1 in a hole, 2/3 where only the luminance is known.
    Noise is not counted. It is exact for masks, separable operators (downsampling, blur,
    luminance) and Fourier measurements, and estimated with seeded probes for others.

    Args:
        batch: What was measured.
        seed: Seed of the run.
        probes: See :meth:`mmgenprior.degradations.Degradation.undetermined`.

    Returns:
        B×1×H×W in [0, 1]; None for a nonlinear operator that tells nothing of its own.
    """
    own = bool(set(batch.params) - {'sigma'})
    maps = []
    for i in range(len(batch)) if own else [0]:
        one = batch.take([i])
        # Equal operators have equal maps, whichever samples come together.
        generator = sample_generator(seed, one.keys[0] if own else '', 'null space')
        share = one.bound().undetermined(one.y, generator, probes)
        if share is None:
            _tell_missing(operator_name(one.degradation.physics))
            return None
        maps.append(share.mean(1, keepdim=True))
    return torch.cat(maps).expand(len(batch), -1, -1, -1)


@functools.cache
def _tell_missing(name: str) -> None:
    print_log(
        f'{name} is not linear: there is no map of what it leaves undetermined (maps)',
        logger='current',
        level=logging.WARNING,
    )
