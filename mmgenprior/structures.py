"""What travels from the pipeline to the editor, one sample and one batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from mmgenprior.degradations import Degradation


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
        label: Class of the image where it is known, for class-conditional generators.
    """

    y: torch.Tensor
    degradation: dict[str, Any]
    image_shape: tuple[int, int, int]
    params: dict[str, torch.Tensor] = field(default_factory=dict)
    key: str = ''
    label: int | None = None


@dataclass
class MeasurementBatch:
    """Measurements of B samples that share operator and shape.

    Attributes:
        y: Measurements, B×....
        degradation: The operator, not bound to any sample's parameters.
        image_shape: Shape (3, H, W) of the images to restore.
        keys: Sample keys (B).
        params: Per-sample parameters of the operator, name → B×....
        labels: Class of each image or None (B); all None by default.
    """

    y: torch.Tensor
    degradation: Degradation
    image_shape: tuple[int, int, int]
    keys: Sequence[str]
    params: dict[str, torch.Tensor] = field(default_factory=dict)
    labels: Sequence[int | None] = ()

    def __post_init__(self) -> None:
        self.labels = list(self.labels) or [None] * len(self.keys)

    def __len__(self) -> int:
        return len(self.y)

    def bound(self) -> Degradation:
        """The operator, bound to the parameters of these samples."""
        return self.degradation.bind(self.params, self.image_shape)

    def take(self, index: Sequence[int]) -> MeasurementBatch:
        """The samples at ``index``, in that order; an index may come more than once."""
        rows = torch.as_tensor(index, device=self.y.device)
        return MeasurementBatch(
            y=self.y[rows],
            degradation=self.degradation,
            image_shape=self.image_shape,
            keys=[self.keys[i] for i in index],
            params={name: value[rows] for name, value in self.params.items()},
            labels=[self.labels[i] for i in index],
        )
