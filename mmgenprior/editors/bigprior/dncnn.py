"""DnCNN (Zhang et al., 2017), the supervised baseline of the BIGPrior paper."""

from __future__ import annotations

import torch
from mmagic.registry import MODELS
from torch import Tensor

from mmgenprior.editors.bigprior.checkpoint import build_phi
from mmgenprior.editors.bigprior.fusion import CENTRE
from mmgenprior.editors.bigprior.stored_editor import StoredEditor
from mmgenprior.editors.restoration_editor import Restoration
from mmgenprior.structures import MeasurementBatch


@MODELS.register_module()
class DnCNN(StoredEditor):
    """x̂ = g⁻¹(y) − net(g⁻¹(y)), trained on the data that BIGPrior is trained on (Table V).

    The network is the backbone of φ, so that the two differ in the prior alone.

    Args:
        network: Config of :class:`PhiNetwork`.
        checkpoint: Weights, see :func:`build_phi`; None draws them.
        **kwargs: See :class:`RestorationEditor`.
    """

    def __init__(
        self, network: dict | None = None, checkpoint: str | None = None, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.phi = build_phi(network or {}, checkpoint)

    def _restored(self, data: Tensor) -> Tensor:
        return self.phi(data[:, : self.phi.in_channels] - CENTRE) + CENTRE

    def loss(self, data: Tensor, generated: Tensor, gt: Tensor) -> dict[str, Tensor]:
        """Mean squared error of x̂; see :meth:`StoredEditor.loss`."""
        return dict(loss_mse=(self._restored(data) - gt).square().mean())

    def fuse(self, data: Tensor, generated: Tensor) -> Restoration:
        """See :meth:`StoredEditor.fuse`; G(z*) is shown beside the result, not used."""
        self.phi.eval()
        return Restoration(dict(prior=generated, DnCNN=self._restored(data)))

    def restore(self, batch: MeasurementBatch) -> Restoration:
        """See :meth:`RestorationEditor.restore`."""
        self.phi.eval()
        with torch.no_grad():
            # One by one: in a batch convolutions round a sample differently.
            restored = [self._restored(one) for one in self.data_of(batch).split(1)]
        return Restoration(dict(DnCNN=torch.cat(restored)))
