"""What a stage moves: variables of each sample's own, in groups of equal step size."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from mmgenprior.inversion.features import Ball
from mmgenprior.inversion.generation import features_at
from mmgenprior.inversion.iterate import Iterate, prefixed
from mmgenprior.inversion.low_rank import start_factors
from mmgenprior.inversion.stages import Stage
from mmgenprior.utils.errors import UserError


def begin_variables(
    prior: nn.Module, stage: Stage, given: Iterate, count: int
) -> tuple[Iterate, list[dict[str, Any]], Ball | None]:
    """Everything a stage moves, as leaf tensors.

    Args:
        prior: The prior adapter.
        stage: What is moved.
        given: Where the stage begins; it is not changed.
        count: Samples.

    Returns:
        The iterate, the groups ``dict(names=[...], params=[...], lr=float)`` of an optimiser, and
        the ball that keeps the features near their start, or None.

    Raises:
        ValueError: If the stage moves nothing, or asks for blocks that there are not.
        UserError: If it goes back behind the features that an earlier stage moved.
    """
    iterate = given.cloned()
    project(iterate, stage)
    iterate = _normalised(prior, stage, iterate)
    if stage.features:
        if iterate.cut > stage.features.cut:
            raise UserError(
                f'stage {stage.name}: features: cut={stage.features.cut} lies before the features '
                f'at {iterate.cut} that an earlier stage moved: give {iterate.cut} or more'
            )
        features = features_at(prior, iterate, stage.features.cut)
        iterate.features = {k: v.detach().clone() for k, v in features.items()}
        iterate.cut = stage.features.cut
    own = _own_weights(prior, stage, iterate, count)
    groups = _latent_groups(iterate, stage) + _feature_groups(iterate, stage) + own
    if stage.low_rank:
        groups.append(_low_rank_group(prior, stage, iterate, count))
    named = iterate.named()
    for group in groups:
        group['params'] = [named[name].requires_grad_(True) for name in group['names']]
    groups = [group for group in groups if group['names']]
    if not groups:
        raise ValueError(f'stage {stage.name}: every step size is 0, nothing to optimise')
    ball = stage.features.ball_around(iterate.features) if stage.features else None
    return iterate, groups, ball


def chosen_blocks(prior: nn.Module, stage: Stage, cut: int = 0) -> list[list[str]]:
    """Names of the weights of the blocks that a stage adapts, block by block.

    Args:
        prior: The prior adapter, with ``block_names`` ordered shallow to deep.
        stage: A stage; its ``blocks`` are counted from the cut on.
        cut: Number of blocks that the image does not depend on.

    Raises:
        ValueError: If the stage asks for more blocks than there are.
        UserError: If the generator has no weights.
    """
    blocks = [names for _, names in prior.block_names[cut:]]
    if not prior.block_names:
        raise UserError(
            f'stage {stage.name}: the generator has no weights to adapt, as frozen TorchScript has '
            'none: take a method that moves the latent alone, such as CSGM, not IAGAN'
        )
    count = len(blocks) if stage.blocks is None else stage.blocks
    if not 0 < count <= len(blocks):
        behind = f' behind the cut at {cut}' if cut else ''
        raise ValueError(
            f'stage {stage.name}: blocks={count}, but the prior has {len(blocks)}{behind}'
        )
    return blocks[:count]


def _own_weights(
    prior: nn.Module, stage: Stage, iterate: Iterate, count: int
) -> list[dict[str, Any]]:
    """Give every sample copies of the weights a stage adapts, and return their groups.

    Raises:
        ValueError: If the blocks and their step sizes do not fit the prior.
    """
    if not stage.adapts_weights:
        return []
    blocks = chosen_blocks(prior, stage, iterate.cut)
    rates = stage.weight_lr
    if isinstance(rates, (int, float)):
        rates = [float(rates)] * len(blocks)
    if len(rates) != len(blocks):
        raise ValueError(f'stage {stage.name}: {len(rates)} step sizes for {len(blocks)} blocks')
    pretrained = dict(prior.named_parameters())
    for name in (name for names in blocks for name in names):
        if name not in iterate.weights:
            value = pretrained[name].detach()
            iterate.weights[name] = value.unsqueeze(0).expand(count, *value.shape).clone()
    return [
        dict(names=[prefixed('weights', n) for n in names], lr=float(rate))
        for names, rate in zip(blocks, rates)
    ]


def project(iterate: Iterate, stage: Stage, ball: Ball | None = None) -> None:
    """Keep to the stage's box of latents and to its ball of features, in place."""
    if ball is not None:
        ball.project(iterate.features)
    if stage.latent_box is None or iterate.cut:
        return
    with torch.no_grad():
        for value in iterate.latents.values():
            value.clamp_(-stage.latent_box, stage.latent_box)


def _normalised(prior: nn.Module, stage: Stage, iterate: Iterate) -> Iterate:
    """With or without a sample's own instance norms, as the stage asks.

    They are set at the first stage that has them and stay until a stage that has not.
    """
    # Priors that have no such norms need not know of them.
    names = getattr(prior, 'instance_statistics_names', ())
    if iterate.cut and stage.instance_norm != any(name in iterate.weights for name in names):
        raise UserError(
            f'stage {stage.name}: instance_norm must be as it was when an earlier stage freed the '
            'features'
        )
    if not stage.instance_norm:
        iterate.weights = {k: v for k, v in iterate.weights.items() if k not in names}
    elif not any(name in iterate.weights for name in names):
        with torch.no_grad():
            statistics = prior.instance_statistics(iterate.latents, iterate.weights)
        iterate.weights = iterate.weights | statistics
    return iterate


def _latent_groups(iterate: Iterate, stage: Stage) -> list[dict[str, Any]]:
    """A step size of 0 leaves a latent fixed; behind a cut they have no part in the image."""
    if iterate.cut:
        return []
    rates = {name: stage.latent_step(name) for name in iterate.latents}
    return [dict(names=[prefixed('latents', n)], lr=rate) for n, rate in rates.items() if rate]


def _feature_groups(iterate: Iterate, stage: Stage) -> list[dict[str, Any]]:
    if not stage.features or not stage.features.lr:
        return []
    names = [prefixed('features', name) for name in iterate.features]
    return [dict(names=names, lr=float(stage.features.lr))]


def _low_rank_group(prior: nn.Module, stage: Stage, iterate: Iterate, count: int) -> dict[str, Any]:
    names = [n for block in chosen_blocks(prior, stage, iterate.cut) for n in block]
    options = stage.low_rank
    iterate.low_rank, moved = start_factors(prior, names, options.rank, count, iterate.low_rank)
    return dict(names=[prefixed('low_rank', n) for n in moved], lr=float(options.lr))
