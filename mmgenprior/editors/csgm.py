"""CSGM: compressed sensing using generative models (Bora et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence

from mmagic.registry import MODELS

from mmgenprior.editors.gan_inversion import GANInversion

# The papers' code takes squared errors on [-1, 1], four times those on [0, 1].
_PAPER_RANGE = dict(type='DataFidelity', norm='l2', reduction='mean', weight=4.0)


def csgm_stage(iterations: int = 1600, lr: float = 0.1, parity: bool = False, **stage) -> dict:
    """Stage of CSGM: Adam on the latent alone (IAGAN paper, experiments).

    Args:
        iterations: 1,600 for BEGAN, 1,800 for PGGAN.
        lr: Step size of Adam.
        parity: Keep the last iterate, as the official code, not the best.
        **stage: Further fields of :class:`mmgenprior.inversion.Stage`.

    Returns:
        Config of the stage.
    """
    keep = 'last' if parity else 'best'
    return dict(name='CSGM', iterations=iterations, latent_lr=lr, keep=keep) | stage


@MODELS.register_module()
class CSGM(GANInversion):
    """Search the range of a frozen generator for the image that explains y.

    Args:
        prior: Config of the prior, or its name in the zoo.
        csgm: Arguments of :func:`csgm_stage`, and ``restarts``: N random starts,
            of which the one of lowest objective is kept.
        back_projection: Add the variant CSGM-BP (IAGAN, Eq. 10).
        parity: Reproduce the official loop of the IAGAN repository quirk by quirk.
        further_stages: Configs of stages that follow the latent search.
        **kwargs: See :class:`GANInversion`.
    """

    def __init__(
        self,
        prior: str | dict,
        csgm: dict | None = None,
        back_projection: bool = False,
        parity: bool = False,
        further_stages: Sequence[dict] = (),
        **kwargs,
    ) -> None:
        csgm = dict(csgm or {})
        restarts = csgm.pop('restarts', 1)
        kwargs.setdefault('main', 'CSGM')
        kwargs.setdefault('initialization', dict(type='RandomLatents', restarts=restarts))
        kwargs.setdefault('objective', [dict(_PAPER_RANGE)])
        kwargs.setdefault('truncate', parity)
        super().__init__(
            prior,
            stages=[csgm_stage(parity=parity, **csgm), *further_stages],
            postprocess=[dict(type='BackProjection')] if back_projection else [],
            **kwargs,
        )
