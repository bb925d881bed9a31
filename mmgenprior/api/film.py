"""Frames of a restoration as it converges, few and evenly over its iterations."""

from __future__ import annotations

import torch
from torch import Tensor

from mmgenprior.inversion.callbacks import RunningStage

_MOST = 64


class FilmRecorder:
    """A callback that keeps pictures of the first image, thinned out when they become many."""

    def __init__(self) -> None:
        self._frames: list[Tensor] = []
        self._stride = 1
        self._count = 0

    def __call__(
        self,
        stage: RunningStage,
        iteration: int,
        objective: Tensor | None,
        image: Tensor | None,
    ) -> None:
        """Keep the picture where it is its turn."""
        if image is None or stage.first:
            return
        if self._count % self._stride == 0:
            self._frames.append(image[0].detach().float().cpu().clamp(0, 1))
        self._count += 1
        if len(self._frames) > _MOST:
            self._frames = self._frames[::2]
            self._stride *= 2

    def frames(self) -> Tensor | None:
        """N×3×H×W in [0, 1]; None where there were no pictures."""
        shapes = {frame.shape for frame in self._frames}
        return torch.stack(self._frames) if len(shapes) == 1 else None
