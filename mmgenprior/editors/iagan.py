"""IAGAN: image-adaptive GAN based reconstruction (Abu Hussein, Tirer, Giryes 2020)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmagic.registry import MODELS

from mmgenprior.editors.gan_inversion import GANInversion
from mmgenprior.editors.presets import changed_stages, csgm_stage, iagan_stage, squared_error


@MODELS.register_module()
class IAGAN(GANInversion):
    """CSGM, then a gentle joint search of latent and generator weights (Eq. 3).

    The run goes through CSGM on its way, so its images are variants of the
    same run: CSGM, IAGAN and, with back-projection, CSGM-BP and IAGAN-BP.

    Args:
        prior: Config of the prior, or its name in the zoo.
        stages: Changes of the stages ``CSGM`` and ``IAGAN``, see :func:`.presets.changed_stages`.
        back_projection: Add the variants CSGM-BP and IAGAN-BP (Eq. 10).
        parity: Reproduce the official loop quirk by quirk.
        **kwargs: See :class:`~mmgenprior.editors.gan_inversion.GANInversion`, e.g. ``restarts``.
    """

    def __init__(
        self,
        prior: str | dict,
        stages: Sequence[dict] | Mapping[str, dict] | None = None,
        back_projection: bool = False,
        parity: bool = False,
        **kwargs,
    ) -> None:
        kwargs.setdefault('main', 'IAGAN')
        kwargs.setdefault('objective', squared_error())
        kwargs.setdefault('truncate', parity)
        super().__init__(
            prior,
            stages=changed_stages('IAGAN', [csgm_stage(parity), iagan_stage(parity)], stages),
            postprocess=[dict(type='BackProjection')] if back_projection else [],
            **kwargs,
        )
