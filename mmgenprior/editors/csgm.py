"""CSGM: compressed sensing using generative models (Bora et al. 2017)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmagic.registry import MODELS

from mmgenprior.editors.gan_inversion import GANInversion
from mmgenprior.editors.presets import changed_stages, csgm_stage, squared_error


@MODELS.register_module()
class CSGM(GANInversion):
    """Search the range of a frozen generator for the image that explains y.

    Args:
        prior: Config of the prior, or its name in the zoo.
        stages: Changes of the stage ``CSGM``, see :func:`.presets.changed_stages`.
        back_projection: Add the variant CSGM-BP (IAGAN, Eq. 10).
        parity: Reproduce the official loop of the IAGAN repository quirk by quirk.
        **kwargs: See :class:`GANInversion`, e.g. ``restarts``.
    """

    def __init__(
        self,
        prior: str | dict,
        stages: Sequence[dict] | Mapping[str, dict] | None = None,
        back_projection: bool = False,
        parity: bool = False,
        **kwargs,
    ) -> None:
        kwargs.setdefault('main', 'CSGM')
        kwargs.setdefault('objective', squared_error())
        kwargs.setdefault('truncate', parity)
        super().__init__(
            prior,
            stages=changed_stages('CSGM', [csgm_stage(parity)], stages),
            postprocess=[dict(type='BackProjection')] if back_projection else [],
            **kwargs,
        )
