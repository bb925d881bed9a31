"""Methods that restore one image at a time."""

from __future__ import annotations

import torch
from torch import Tensor

from mmgenprior.editors.restoration_editor import Restoration, RestorationEditor
from mmgenprior.inversion.callbacks import RunningStage
from mmgenprior.structures import MeasurementBatch


class OneByOne(RestorationEditor):
    """A method that restores each image of a batch by itself, such as those of deepinv.

    Args:
        **kwargs: See :class:`RestorationEditor`.
    """

    variant: str

    def restore(self, batch: MeasurementBatch) -> Restoration:
        """See :meth:`RestorationEditor.restore`."""
        images = []
        for i in range(len(batch)):
            images.append(self._restore_one(batch.take([i])))
            # Loops of deepinv cannot be listened to.
            running = RunningStage(self.variant, len(batch), i, i)
            self.callback(running, i + 1, None, images[-1])
        return Restoration({self.variant: torch.cat(images)})

    def _restore_one(self, one: MeasurementBatch) -> Tensor:
        """Image, 1×3×H×W in [0, 1], of a batch of one."""
        raise TypeError(f'{type(self).__name__} does not define _restore_one()')
