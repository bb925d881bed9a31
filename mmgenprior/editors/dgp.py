"""DGP: exploiting deep generative prior (Pan et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmagic.registry import MODELS
from torch import nn

from mmgenprior.editors.gan_inversion import GANInversion
from mmgenprior.priors.discriminators import build_discriminator, discriminator_input
from mmgenprior.priors.zoo import build_prior
from mmgenprior.utils.errors import UserError

# The paper's squared error is on [-1, 1], four times that on [0, 1].
_PAPER_RANGE = 4.0
_PER_STAGE = (
    'blocks',
    'iterations',
    'weight_lr',
    'latent_lr',
    'lr_ratio',
    'd_weight',
    'mse_weight',
    'features',
    'instance_norm',
)


def dgp_stages(
    count: int,
    iterations: Sequence[int] | int,
    weight_lr: Any,
    latent_lr: Any,
    blocks: Any = None,
    lr_ratio: Any = 1.0,
    d_weight: Any = 1.0,
    mse_weight: Any = 0.0,
    features: Any = None,
    instance_norm: Any = False,
    tune_class: bool = False,
    stop_mse: float | None = None,
    stop_features: float | None = None,
    warm_up: int = 0,
    parity: bool = False,
) -> list[dict]:
    """Stages of DGP from the columns of the paper's tables 6 to 11.

    What is said per stage may be one value for all of them.

    Args:
        count: Number of the generator's blocks, without the first linear layer and the output
            layer, which is never adapted.
        iterations: Updates of every stage; one number is one stage.
        weight_lr: Step size of the generator's blocks ("G lr"); None adapts none, z alone.
        latent_lr: Step size of z ("z lr").
        blocks: Number of blocks to adapt beside the linear layer ("Blocks num."), from the
            shallow end; None is all.
        lr_ratio: Ratio of the step sizes of a block and the one before it (official code).
        d_weight: Weight of the feature distance ("D loss weight").
        mse_weight: Weight of the squared error on [-1, 1] ("MSE loss weight").
        features: Features that count, from the deepest; None is all.
        instance_norm: Whether instance norms take the place of batch norms.
        tune_class: Adapt the class embedding too, with the step size of the linear layer.
        stop_mse: A stage ends once the squared error on [-1, 1] is this low.
        stop_features: A stage ends once the feature distance is this low.
        warm_up: Iterations over which the step sizes rise.
        parity: Optimisers live through all stages, with the blocks that are not adapted yet at
            step size 0, and the image is that of the last forward pass, as in the official code.

    Returns:
        Configs of :class:`mmgenprior.inversion.Stage`; the last is named DGP.

    Raises:
        UserError: If columns differ in length or a stage adapts more blocks than there are.
    """
    if not isinstance(iterations, (list, tuple)):
        iterations = [iterations]
    given = dict(
        blocks=blocks,
        weight_lr=weight_lr,
        latent_lr=latent_lr,
        lr_ratio=lr_ratio,
        d_weight=d_weight,
        mse_weight=mse_weight,
        features=features,
        instance_norm=instance_norm,
    )
    columns = {k: _column(k, v, len(iterations)) for k, v in given.items()}
    if stop_mse is not None and stop_features is not None:
        raise UserError('DGP: give stop_mse or stop_features, not both')
    stages = []
    for i, updates in enumerate(iterations):
        row = {name: values[i] for name, values in columns.items()}
        adapted = count if row['blocks'] is None else int(row['blocks'])
        if parity:
            adapted = min(adapted, count)  # the official scripts ask for more than there are
        if not 0 <= adapted <= count:
            raise UserError(f'DGP: stage {i + 1} adapts {adapted} blocks of {count}')
        term = feature_name(row['features'])
        stage = dict(
            name='DGP' if i + 1 == len(iterations) else f'DGP-{i + 1}',
            iterations=updates,
            latent_lr=dict(z=row['latent_lr']),
            betas=(0.0, 0.999),
            keep='last_forward' if parity else 'last',
            term_weights={
                **{feature_name(f): 0.0 for f in columns['features']},
                term: row['d_weight'],
                'MSE': row['mse_weight'] * _PAPER_RANGE,
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
            stage['early_stop'] = dict(term='MSE', threshold=stop_mse / _PAPER_RANGE)
        if stop_features is not None:
            stage['early_stop'] = dict(term=term, threshold=stop_features)
        stages.append(stage)
    return stages


def feature_name(features: int | None) -> str:
    """Name of the feature term that counts so many features."""
    return 'features' if features is None else f'features-{features}'


def _column(name: str, value: Any, length: int) -> list:
    if not isinstance(value, (list, tuple)):
        return [value] * length
    if len(value) != length:
        raise UserError(f'DGP: {name} has {len(value)} values for {length} stages')
    return list(value)


@MODELS.register_module()
class DGP(GANInversion):
    """Adapts a BigGAN block by block to the measurement that its discriminator sees (Eq. 2, 3).

    The start is the best of many candidates under the three deepest features. Every stage then
    adapts z and the blocks from the shallowest on; the objective is the ℓ1 distance of
    discriminator features, a squared error, and the latent's negative log-likelihood.

    Args:
        prior: Config of the prior, its name in the catalogue, or a prior.
        schedule: Arguments of :func:`dgp_stages`, but ``count``, ``tune_class`` and ``parity``.
        discriminator: As :class:`mmgenprior.inversion.DiscriminatorFeatures`; by default that of
            the catalogue's prior of this name. One that is not of the catalogue takes the range
            and channel order of the prior.
        distance: Config of the feature term where it is another than the discriminator's, e.g.
            ``dict(type='PerceptualFeatures', ...)`` (ablation); the start uses it too.
        candidates: Arguments of :class:`mmgenprior.inversion.BestOfCandidates` but its objective:
            ``candidates`` (500), ``latent_scale`` (0.5, for super-resolution and inpainting 0.3),
            ``search_class`` (where neither the image nor the prior has a class), ....
        nll_weight: Weight of the latent's negative log-likelihood (0.02).
        tune_class: Adapt the class embedding too.
        parity: Reproduce the official loop quirk by quirk: the start is measured by the true
            operator, moments live through all stages, gradients go through the spectral norm.
        **kwargs: See :class:`GANInversion`.

    Raises:
        UserError: If there is no discriminator, or the schedule does not fit.
    """

    def __init__(
        self,
        prior: str | dict | nn.Module,
        schedule: dict,
        discriminator: str | dict | nn.Module | None = None,
        distance: dict | None = None,
        candidates: dict | None = None,
        nll_weight: float = 0.02,
        tune_class: bool = False,
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
        schedule = dict(schedule)
        unknown = set(schedule) - {*_PER_STAGE, 'stop_mse', 'stop_features', 'warm_up'}
        if unknown:
            raise UserError(f'DGP: schedule has no entry {", ".join(sorted(unknown))}')
        stages = dgp_stages(len(prior.blocks) - 2, **schedule, tune_class=tune_class, parity=parity)
        if distance is None:
            network = build_discriminator(discriminator)
            input_range, channel_order = discriminator_input(
                discriminator, prior.output_range, prior.channel_order
            )
            distance = dict(
                type='DiscriminatorFeatures',
                discriminator=network,
                activated_last=parity,
                input_range=input_range,
                channel_order=channel_order,
            )
            nearest = dict(distance, features=3)
        else:
            nearest = dict(distance)
        counts = schedule.get('features')
        counts = counts if isinstance(counts, (list, tuple)) else [counts]
        terms = [
            dict(distance, name=feature_name(n), **({} if n is None else dict(features=n)))
            for n in dict.fromkeys(counts)
        ]
        objective = [
            *terms,
            dict(type='DataFidelity', name='MSE'),
            dict(type='LatentNorm', weight=nll_weight),
        ]
        unknown_class = 'class_embedding' in prior.latent_shapes and prior.class_index is None
        options = dict(latent_scale=0.5, true_operator=parity, search_class=unknown_class)
        options.update(candidates or {})
        kwargs.setdefault(
            'initialization', dict(type='BestOfCandidates', objective=[nearest], **options)
        )
        kwargs.setdefault('shown', ['DGP'])
        kwargs.setdefault('truncate', parity)
        super().__init__(prior, stages=stages, objective=objective, **kwargs)


def _name_of(prior: Any) -> str | None:
    """Name in the catalogue of what a config calls the prior."""
    if isinstance(prior, str):
        return prior
    if isinstance(prior, dict) and prior.get('type') == 'zoo':
        return prior['name']
    return None
