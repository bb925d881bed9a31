"""BIGPrior: how much of each pixel is generated (El Helou and Süsstrunk, 2022)."""

from __future__ import annotations

import torch
from mmagic.registry import MODELS
from torch import Tensor

from mmgenprior.editors.bigprior.checkpoint import build_phi
from mmgenprior.editors.bigprior.fusion import weigh_and_fuse
from mmgenprior.editors.bigprior.stored_editor import StoredEditor
from mmgenprior.editors.restoration_editor import Restoration
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError


@MODELS.register_module()
class BIGPrior(StoredEditor):
    """Fusion of the measurement with a generated picture by a learned map φ (Eq. 10).

    x̂ = (1 − φ) ⊙ g⁻¹(y) + φ ⊙ G(z*), φ a network of y. ``tools/train.py`` trains φ on stored
    inversions by the loss of Eq. 14, mean squared error + ρ · mean|φ|; ``tools/test.py`` fuses
    stored inversions or, with ``prior_editor``, restores end to end. Variants are those of
    ``prior_editor`` (``prior`` for a stored inversion) and ``BIGPrior``; φ itself is the field
    ``phi`` of the output, 3×H×W.

    Args:
        phi: Config of :class:`PhiNetwork`; what a checkpoint tells may be left out.
        checkpoint: Weights of φ, see :func:`build_phi`; None draws them.
        prior_editor: Config of the editor whose result is G(z*), any method; needed for
            measurements only.
        rho: Weight ρ of the bias towards the data.
        parity: As the official code: |mean φ| for mean|φ| in the loss, and images are fused minus
            0.5, which rounds float32 in its way (see
            :class:`mmgenprior.evaluation.ColorizationAuC`).
        **kwargs: See :class:`RestorationEditor`.
    """

    def __init__(
        self,
        phi: dict | None = None,
        checkpoint: str | None = None,
        prior_editor: dict | None = None,
        rho: float = 1e-5,
        parity: bool = False,
        **kwargs,
    ) -> None:
        kwargs.setdefault('main', 'BIGPrior')
        super().__init__(**kwargs)
        self.phi = build_phi(phi or {}, checkpoint)
        self.rho = rho
        self.parity = parity
        self.prior_editor = None
        if prior_editor is not None:
            shared = dict(seed=self.seed, maps=kwargs.get('maps', False))
            self.prior_editor = MODELS.build({**shared, **prior_editor})

    @property
    def images_at_once(self) -> int | None:
        """As many as the prior's editor works on."""
        return self.prior_editor.images_at_once if self.prior_editor is not None else None

    @property
    def work_per_image(self) -> int:
        """That of the prior's editor."""
        return self.prior_editor.work_per_image if self.prior_editor is not None else 0

    def loss(self, data: Tensor, generated: Tensor, gt: Tensor) -> dict[str, Tensor]:
        """Loss of Eq. 14, and the mean of φ for the log.

        Args:
            data: g⁻¹(y), B×3×H×W, RGB on the scale [0, 1].
            generated: G(z*), alike.
            gt: Ground truth, alike.

        Returns:
            ``loss_mse`` and ``loss_phi``, which add up to the loss, and ``mean_phi``.
        """
        fused, phi = weigh_and_fuse(self.phi, data, generated, self.parity)
        bias = phi.mean().abs() if self.parity else phi.abs().mean()
        return dict(
            loss_mse=(fused - gt).square().mean(),
            loss_phi=self.rho * bias,
            mean_phi=phi.detach().mean(),
        )

    def fuse(self, data: Tensor, generated: Tensor) -> Restoration:
        """See :meth:`StoredEditor.fuse`."""
        self.phi.eval()
        fused, phi = weigh_and_fuse(self.phi, data, generated, self.parity)
        return Restoration(dict(prior=generated, BIGPrior=fused), extras=dict(phi=phi))

    def restore(self, batch: MeasurementBatch) -> Restoration:
        """See :meth:`RestorationEditor.restore`.

        Raises:
            UserError: If there is no ``prior_editor``, or φ is for measurements of another kind.
        """
        if self.prior_editor is None:
            raise UserError(
                'BIGPrior restores measurements with the editor of a prior: give '
                'model.prior_editor, or stored inversions (LoadInversion)'
            )
        data = self.data_of(batch)
        found = self.prior_editor.restore(batch)
        generated = found.variants[self.prior_editor.main_of(found)]
        self.phi.eval()
        with torch.no_grad():
            # One by one: in a batch convolutions round a sample differently.
            pairs = zip(data.split(1), generated.split(1))
            fused, phi = zip(*(weigh_and_fuse(self.phi, *pair, self.parity) for pair in pairs))
        found.variants['BIGPrior'] = torch.cat(fused)
        found.extras['phi'] = torch.cat(phi)
        return found
