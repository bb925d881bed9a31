"""What travels with a sample from the pipeline to the editor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass
class Measurement:
    """All that a restoration needs to know about one sample.

    Attributes:
        y: The measurement of one sample, without batch dimension; images are
            C×h×w in RGB, other measurements have the operator's own shape.
            Units are those of the operator (see
            :class:`mmgenprior.degradations.Degradation`).
        degradation: Config of the degradation that produced ``y``.
        image_shape: Shape (3, H, W) of the image to restore.
        params: Per-sample parameters of the operator and of its noise, e.g.
            ``mask`` (1×H×W) or ``sigma`` (scalar), without batch dimension.
        key: Identifies the sample; seeds every random stream of the sample.
    """

    y: torch.Tensor
    degradation: dict[str, Any]
    image_shape: tuple[int, int, int]
    params: dict[str, torch.Tensor] = field(default_factory=dict)
    key: str = ''
