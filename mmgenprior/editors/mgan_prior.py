"""mGANprior: image processing using a multi-code GAN prior (Gu, Shen, Zhou 2020)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmagic.registry import MODELS

from mmgenprior.editors.gan_inversion import GANInversion
from mmgenprior.editors.presets import PAPER_RANGE, changed_stages
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.limits import PositiveInt

# Its feature loss has a constant factor besides the weight that its options set.
_FEATURE_SCALE = 1e-3


def mgan_objective(norm: str = 'l2', perceptual: Mapping | None = None) -> list[dict]:
    """Objective of mGANprior (Eq. 5): a distance of pixels and one of VGG-16 features.

    Args:
        norm: ``'l2'`` or ``'l1'``, the mean over the measurement, on the range [-1, 1].
        perceptual: None leaves the features out; else arguments of
            :class:`mmgenprior.inversion.PerceptualFeaturesTerm`, where ``weight`` is the official
            ``vgg_lambda``: 0.1 for inpainting and denoising, 1 for colorization.

    Returns:
        Configs of the terms.

    Raises:
        UserError: If there is no such norm.
    """
    if norm not in PAPER_RANGE:
        raise UserError(f"norm='{norm}' of mGANprior: use 'l2' or 'l1' (model.norm)")
    terms = [dict(type='DataFidelityTerm', norm=norm, weight=PAPER_RANGE[norm])]
    if perceptual is not None:
        features = dict(perceptual)
        weight = features.pop('weight', 0.1) * _FEATURE_SCALE
        terms.append(dict(type='PerceptualFeaturesTerm', weight=weight, **features))
    return terms


@MODELS.register_module()
class MGANPrior(GANInversion):
    """Search N codes and their channel weights at once (Eq. 3 to 5).

    Args:
        prior: Prior of a single code: its name in the zoo or its config.
        layer: Blocks before the composition, see :class:`mmgenprior.priors.MultiCodePrior`;
            BIGPrior (El Helou and Süsstrunk 2022): 6 for colorization, else 4.
        codes: N; BIGPrior: 20 for colorization, else 30.
        stages: Changes of the stage ``mGANprior``, see :func:`.presets.changed_stages`. The
            official optimiser is plain gradient descent of step size 1 on codes and weights, the
            default here; BIGPrior: 1,500 iterations for colorization, else 3,000.
        norm: ``'l2'`` or ``'l1'``.
        perceptual: See :func:`mgan_objective`.
        luminance_transfer: Add, for colorization, the variant ``mGANprior-Y``, which takes the
            measured luminance and is then the result.
        back_projection: Add the variant ``mGANprior-BP``.
        parity: Reproduce the official loop: the last iterate is kept, the sum of the features is
            divided by N although α starts at 1/N, and the luminance is merged in 8 bits.
        **kwargs: See :class:`~mmgenprior.editors.gan_inversion.GANInversion`.
    """

    def __init__(
        self,
        prior: str | dict,
        layer: int = 4,
        codes: PositiveInt = 30,
        stages: Sequence[dict] | Mapping[str, dict] | None = None,
        norm: str = 'l2',
        perceptual: Mapping | None = None,
        luminance_transfer: bool = False,
        back_projection: bool = False,
        parity: bool = False,
        **kwargs,
    ) -> None:
        name = 'mGANprior'
        stage = dict(name=name, iterations=3000, latent_lr=1.0, optimizer=dict(type='SGD'))
        stage['keep'] = 'last' if parity else 'best'
        steps = []
        if luminance_transfer:
            steps.append(dict(type='LuminanceTransfer', eight_bit=parity))
        if back_projection:
            steps.append(dict(type='BackProjection'))
        kwargs.setdefault('main', f'{name}-Y' if luminance_transfer else name)
        multi = dict(type='MultiCodePrior', prior=prior, layer=layer, codes=codes, averaged=parity)
        super().__init__(
            multi,
            stages=changed_stages('MGANPrior', [stage], stages),
            objective=mgan_objective(norm, perceptual),
            postprocess=steps,
            **kwargs,
        )
