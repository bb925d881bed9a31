"""What travels from the pipeline to the editor, one sample and one batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from mmgenprior.degradations import Degradation, get_degradation


@dataclass
class Measurement:
    """All that a restoration needs to know about one sample.

    Attributes:
        y: The measurement of one sample, without batch dimension; images are
            C×h×w in RGB, other measurements have the operator's own shape.
            Units are those of the operator (see
            :class:`mmgenprior.degradations.Degradation`).
        degradation: Config, or name, of the degradation that produced ``y``.
        image_shape: Shape (3, H, W) of the image to restore.
        params: Per-sample parameters of the operator and of its noise, e.g.
            ``mask`` (1×H×W) or ``sigma`` (scalar), without batch dimension.
        key: Identifies the sample; seeds every random stream of the sample.
        label: Class of the image where it is known, for class-conditional generators.
    """

    y: torch.Tensor
    degradation: dict[str, Any] | str
    image_shape: tuple[int, int, int]
    params: dict[str, torch.Tensor] = field(default_factory=dict)
    key: str = ''
    label: int | None = None

    def bind(self, device: torch.device | str = 'cpu') -> MeasurementBatch:
        """This one sample as a batch of one on a device; see :meth:`MeasurementBatch.collate`."""
        return MeasurementBatch.collate([self], device)

    @property
    def is_picture(self) -> bool:
        """Whether ``y`` itself is a picture, grey or in colour."""
        return get_degradation(self.degradation).image_like

    @torch.no_grad()
    def picture(self) -> torch.Tensor:
        """The measurement as it looks, 3×h×w, RGB in [0, 1], on the CPU.

        Grey is copied to three channels; what is no picture is shown as the adjoint image.
        """
        batch = self.bind()
        return batch.bound().measurement_image(batch.y.float())[0]


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
        self._bound: Degradation | None = None

    @classmethod
    def collate(
        cls, measurements: Sequence[Measurement], device: torch.device | str = 'cpu'
    ) -> MeasurementBatch:
        """The one way from samples to a batch.

        Args:
            measurements: Samples of equal degradation, shapes and parameters.
            device: Where the batch is to lie; the samples stay where they are.

        Returns:
            The batch; its tensors are copies without history, outside of inference mode if this
            is called there.
        """
        first = measurements[0]
        return cls(
            y=torch.stack([m.y.detach().clone() for m in measurements]).to(device),
            degradation=get_degradation(first.degradation, device),
            image_shape=tuple(first.image_shape),
            keys=[m.key for m in measurements],
            params={
                name: torch.stack([m.params[name].detach().clone() for m in measurements]).to(
                    device
                )
                for name in first.params
            },
            labels=[m.label for m in measurements],
        )

    def __len__(self) -> int:
        return len(self.y)

    def bound(self) -> Degradation:
        """The operator, bound to the parameters of these samples, once."""
        if self._bound is None:
            self._bound = self.degradation.bind(self.params, self.image_shape)
        return self._bound

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
