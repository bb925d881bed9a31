"""IAGAN: image-adaptive GAN based reconstruction (Abu Hussein, Tirer, Giryes 2020)."""

from __future__ import annotations

from mmagic.registry import MODELS

from mmgenprior.editors.csgm import CSGM


def adapt_stage(
    iterations: int = 500,
    latent_lr: float = 1e-4,
    weight_lr: float = 1e-4,
    parity: bool = False,
    **stage,
) -> dict:
    """Stage of IAGAN: Adam on the latent and all weights of the generator.

    Args:
        iterations: 600 (compressed sensing) or 500 (super-resolution) for BEGAN,
            500 or 300 for PGGAN; half of that under noise.
        latent_lr: Step size of the latent.
        weight_lr: Step size of the weights; 1e-4 for BEGAN, 1e-3 for PGGAN.
        parity: Return the image of the last forward pass, as the official code.
        **stage: Further fields of :class:`mmgenprior.inversion.Stage`.

    Returns:
        Config of the stage.
    """
    keep = 'last_forward' if parity else 'best'
    rates = dict(latent_lr=latent_lr, weight_lr=weight_lr)
    return dict(name='IAGAN', iterations=iterations, keep=keep) | rates | stage


@MODELS.register_module()
class IAGAN(CSGM):
    """CSGM, then a gentle joint search of latent and generator weights (Eq. 3).

    The run goes through CSGM on its way, so its images are variants of the
    same run: CSGM, IAGAN and, with back-projection, CSGM-BP and IAGAN-BP.

    Args:
        prior: Config of the prior, or its name in the zoo.
        csgm: Arguments of :func:`~mmgenprior.editors.csgm.csgm_stage`, and ``restarts``.
        adapt: Arguments of :func:`adapt_stage`.
        back_projection: Add the variants CSGM-BP and IAGAN-BP (Eq. 10).
        parity: Reproduce the official loop quirk by quirk.
        **kwargs: See :class:`~mmgenprior.editors.gan_inversion.GANInversion`.
    """

    def __init__(
        self,
        prior: str | dict,
        csgm: dict | None = None,
        adapt: dict | None = None,
        back_projection: bool = False,
        parity: bool = False,
        **kwargs,
    ) -> None:
        kwargs.setdefault('main', 'IAGAN')
        super().__init__(
            prior,
            csgm=csgm,
            back_projection=back_projection,
            parity=parity,
            further_stages=[adapt_stage(parity=parity, **(adapt or {}))],
            **kwargs,
        )
