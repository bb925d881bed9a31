"""DGP: exploiting deep generative prior (Pan et al. 2020)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from mmagic.registry import MODELS
from torch import nn

from mmgenprior.editors.gan_inversion import GANInversion
from mmgenprior.editors.presets import PAPER_RANGE
from mmgenprior.priors.discriminators import build_discriminator
from mmgenprior.priors.zoo import build_prior
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.limits import NonNegativeFloat, NonNegativeInt, PositiveInt
from mmgenprior.utils.names import nearest


class _Columns(TypedDict):
    iterations: PositiveInt
    latent_lr: NonNegativeFloat


class DGPStage(_Columns, total=False):
    """A row of the paper's tables 6 to 11, see :func:`dgp_stages`."""

    blocks: NonNegativeInt | None
    weight_lr: NonNegativeFloat | None
    lr_ratio: NonNegativeFloat
    d_weight: float
    mse_weight: float
    features: PositiveInt | None
    instance_norm: bool


# What the columns are where a row leaves them out.
_DEFAULTS = dict(
    blocks=None,
    weight_lr=None,
    lr_ratio=1.0,
    d_weight=1.0,
    mse_weight=0.0,
    features=None,
    instance_norm=False,
)
_REQUIRED = ('iterations', 'latent_lr')


def dgp_stages(
    count: int,
    rows: Sequence[DGPStage],
    tune_class: bool = False,
    stop_mse: float | None = None,
    stop_features: float | None = None,
    warm_up: int = 0,
    parity: bool = False,
) -> list[dict]:
    """Stages of DGP from the rows of the paper's tables 6 to 11.

    Args:
        count: Number of the generator's blocks, without the first linear layer and the output
            layer, which is never adapted.
        rows: One for each stage: ``iterations``; ``latent_lr``, the step size of z ("z lr");
            ``weight_lr``, that of the generator's blocks ("G lr"; None, the default, adapts none);
            ``blocks``, how many to adapt beside the linear layer ("Blocks num."), from the shallow
            end, None for all; ``lr_ratio`` of the step sizes of a block and the one before it
            (official code); ``d_weight`` of the feature distance ("D loss weight", 1);
            ``mse_weight`` of the squared error on [-1, 1] ("MSE loss weight", 0); ``features`` that
            count, from the deepest, None for all; ``instance_norm``, whether instance norms take
            the place of batch norms.
        tune_class: Adapt the class embedding too, with the step size of the linear layer.
        stop_mse: A stage ends once the squared error on [-1, 1] is this low.
        stop_features: A stage ends once the feature distance is this low.
        warm_up: Iterations over which the step sizes rise.
        parity: Optimisers live through all stages, with the blocks that are not adapted yet at
            step size 0, and the image is that of the last forward pass, as in the official code.

    Returns:
        Configs of :class:`mmgenprior.inversion.Stage`; the last is named DGP.

    Raises:
        UserError: If a row lacks or misspells a column, or adapts more blocks than there are.
    """
    if stop_mse is not None and stop_features is not None:
        raise UserError('DGP: give stop_mse or stop_features, not both')
    rows = [_checked_row(i, row) for i, row in enumerate(rows, start=1)]
    if not rows:
        raise UserError('DGP: stages needs at least one row')
    unused = {feature_name(row['features']): 0.0 for row in rows}
    stages = []
    for i, row in enumerate(rows, start=1):
        adapted = count if row['blocks'] is None else int(row['blocks'])
        if parity:
            adapted = min(adapted, count)  # the official scripts ask for more than there are
        if not 0 <= adapted <= count:
            raise UserError(f'DGP: stage {i} adapts {adapted} blocks of {count}')
        term = feature_name(row['features'])
        stage = dict(
            name='DGP' if i == len(rows) else f'DGP-{i}',
            iterations=row['iterations'],
            latent_lr=dict(z=row['latent_lr']),
            optimizer=dict(type='Adam', betas=(0.0, 0.999)),
            keep='last_forward' if parity else 'last',
            term_weights={
                **unused,
                term: row['d_weight'],
                'MSE': row['mse_weight'] * PAPER_RANGE['l2'],
            },
            instance_norm=bool(row['instance_norm']),
            carry_optimizer=parity,
            warm_up=warm_up,
        )
        if row['weight_lr'] is not None:
            # The linear layer is block 0.
            rates = [row['weight_lr'] * row['lr_ratio'] ** b for b in range(adapted + 1)]
            if parity:
                rates += [0.0] * (count - adapted)
            stage.update(weight_lr=rates, blocks=len(rates))
            if tune_class:
                stage['latent_lr']['class_embedding'] = row['weight_lr']
        if stop_mse is not None:
            stage['early_stop'] = dict(term='MSE', threshold=stop_mse / PAPER_RANGE['l2'])
        if stop_features is not None:
            stage['early_stop'] = dict(term=term, threshold=stop_features)
        stages.append(stage)
    return stages


def _checked_row(number: int, row: Mapping) -> dict:
    known = [*_REQUIRED, *_DEFAULTS]
    if not isinstance(row, Mapping):
        raise UserError(f'DGP: stage {number}: {row!r} is no dict of {", ".join(known)}')
    for name in row:
        if name not in known:
            raise UserError(f"DGP: stage {number} has no column '{name}'{nearest(name, known)}")
    for name in _REQUIRED:
        if name not in row:
            raise UserError(f"DGP: stage {number} needs '{name}'")
    return {**_DEFAULTS, **row}


def feature_name(features: int | None) -> str:
    """Name of the feature term that counts so many features."""
    return 'features' if features is None else f'features-{features}'


@MODELS.register_module()
class DGP(GANInversion):
    """Adapts a BigGAN block by block to the measurement that its discriminator sees (Eq. 2, 3).

    The start is the best of many candidates under the three deepest features. Every stage then
    adapts z and the blocks from the shallowest on; the objective is the ℓ1 distance of
    discriminator features, a squared error, and the latent's negative log-likelihood.

    Args:
        prior: Config of the prior, its name in the catalogue, or a prior.
        stages: Rows of the paper's tables, see :func:`dgp_stages`.
        discriminator: As of :class:`mmgenprior.inversion.DiscriminatorFeaturesTerm`; by default
            that of the catalogue's prior of this name. A network that is not of the catalogue takes
            the range and channel order of the prior.
        distance: Config of the feature term where it is another than the discriminator's, e.g.
            ``dict(type='PerceptualFeaturesTerm', ...)`` (ablation); the start uses it too.
        candidates: Arguments of :class:`mmgenprior.inversion.CandidatesStart` but its objective:
            ``candidates`` (500), ``latent_scale`` (0.5, for super-resolution and inpainting 0.3),
            ``search_class`` (where neither the image nor the prior has a class), ....
        nll_weight: Weight of the latent's negative log-likelihood (0.02).
        tune_class: Adapt the class embedding too.
        stop_mse: See :func:`dgp_stages`.
        stop_features: See :func:`dgp_stages`.
        warm_up: See :func:`dgp_stages`.
        parity: Reproduce the official loop quirk by quirk: the start is measured by the true
            operator, moments live through all stages, gradients go through the spectral norm.
        **kwargs: See :class:`GANInversion`.

    Raises:
        UserError: If there is no discriminator, or the stages do not fit.
    """

    def __init__(
        self,
        prior: str | dict | nn.Module,
        stages: Sequence[DGPStage],
        discriminator: str | dict | nn.Module | None = None,
        distance: dict | None = None,
        candidates: dict | None = None,
        nll_weight: float = 0.02,
        tune_class: bool = False,
        stop_mse: float | None = None,
        stop_features: float | None = None,
        warm_up: int = 0,
        parity: bool = False,
        **kwargs,
    ) -> None:
        if discriminator is None and distance is None:
            discriminator = _name_of(prior)
            if discriminator is None:
                raise UserError(
                    'DGP: name the discriminator, as the prior is none of the catalogue'
                )
        prior = build_prior(prior)
        if parity:
            if not hasattr(prior, 'differentiate_spectral_norm'):
                raise UserError(f'DGP: parity needs a BigGAN, not {type(prior).__name__}')
            prior.differentiate_spectral_norm()
        limits = dict(stop_mse=stop_mse, stop_features=stop_features, warm_up=warm_up)
        resolved = dgp_stages(
            len(prior.blocks) - 2, stages, tune_class=tune_class, parity=parity, **limits
        )
        if distance is None:
            network = build_discriminator(
                discriminator,
                input_range=prior.output_range,
                channel_order=prior.channel_order,
                activated_last=parity,
            )
            distance = dict(type='DiscriminatorFeaturesTerm', discriminator=network)
            nearest_term = dict(distance, features=3)
        else:
            nearest_term = dict(distance)
        counts = dict.fromkeys(row.get('features') for row in stages)
        terms = [
            dict(distance, name=feature_name(n), **({} if n is None else dict(features=n)))
            for n in counts
        ]
        objective = [
            *terms,
            dict(type='DataFidelityTerm', name='MSE'),
            dict(type='LatentNormTerm', weight=nll_weight),
        ]
        unknown_class = 'class_embedding' in prior.latent_shapes and prior.class_index is None
        options = dict(latent_scale=0.5, true_operator=parity, search_class=unknown_class)
        options.update(candidates or {})
        kwargs.setdefault(
            'start', dict(type='CandidatesStart', objective=[nearest_term], **options)
        )
        kwargs.setdefault('shown', ['DGP'])
        kwargs.setdefault('truncate', parity)
        super().__init__(prior, stages=resolved, objective=objective, **kwargs)


def _name_of(prior: Any) -> str | None:
    """Name in the catalogue of what a config calls the prior."""
    if isinstance(prior, str):
        return prior
    if isinstance(prior, dict) and prior.get('type') == 'zoo':
        return prior['name']
    return None
