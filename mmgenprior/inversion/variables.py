"""What a stage moves: latents and weights of each sample's own, in groups of equal step size."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from mmgenprior.inversion.stages import Stage

Latents = dict[str, Tensor]
Weights = dict[str, Tensor]


def adapted_parameters(prior: nn.Module, stage: Stage) -> list[dict[str, Any]]:
    """Which generator weights a stage adapts, in groups of equal step size.

    Args:
        prior: The prior adapter, with ``block_names`` ordered shallow to deep.
        stage: A stage.

    Returns:
        Groups ``dict(names=[...], lr=float)`` of names in ``prior.named_parameters()``.

    Raises:
        ValueError: If the stage asks for more blocks than the prior has.
    """
    if not stage.adapts_weights:
        return []
    rates = stage.weight_lr
    blocks = prior.block_names
    count = len(blocks) if stage.blocks is None else stage.blocks
    if not 0 < count <= len(blocks):
        raise ValueError(f'stage {stage.name}: blocks={count}, but the prior has {len(blocks)}')
    if isinstance(rates, (int, float)):
        rates = [float(rates)] * count
    if len(rates) != count:
        raise ValueError(f'stage {stage.name}: {len(rates)} step sizes for {count} blocks')
    return [dict(names=names, lr=float(rate)) for (_, names), rate in zip(blocks[:count], rates)]


def normalisation(prior: nn.Module, stage: Stage, latents: Latents, weights: Weights) -> Weights:
    """The weights with or without a sample's own instance norms, as the stage asks.

    They are set at the first stage that has them and stay until a stage that has not.
    """
    # Priors that have no such norms need not know of them.
    names = getattr(prior, 'instance_statistics_names', ())
    if not stage.instance_norm:
        return {k: v for k, v in weights.items() if k not in names}
    if any(name in weights for name in names):
        return weights
    with torch.no_grad():
        return weights | prior.instance_statistics(latents, weights)


def latent_name(name: str) -> str:
    """What an optimiser calls a latent, apart from weights of the same name."""
    return f'latent {name}'


def latent_groups(latents: Latents, stage: Stage) -> list[dict]:
    """Optimiser groups of the latents; a step size of 0 leaves a latent fixed."""
    groups = []
    for name, value in latents.items():
        rate = stage.latent_step(name)
        if rate:
            value.requires_grad_(True)
            groups.append(dict(names=[latent_name(name)], params=[value], lr=rate))
    return groups


def adapted_weights(
    prior: nn.Module, stage: Stage, weights: Weights, batch: int
) -> tuple[Weights, list[dict]]:
    """Per-sample leaf copies of the weights a stage adapts, and their groups."""
    groups = adapted_parameters(prior, stage)
    own = {name: value.detach().clone() for name, value in weights.items()}
    pretrained = dict(prior.named_parameters())
    for group in groups:
        for name in group['names']:
            if name not in own:
                value = pretrained[name].detach()
                own[name] = value.unsqueeze(0).expand(batch, *value.shape).clone()
            own[name].requires_grad_(True)
    return own, [dict(g, params=[own[n] for n in g['names']]) for g in groups]


def project(latents: Latents, stage: Stage) -> None:
    """Clip the latents to the stage's box, in place."""
    if stage.latent_box is None:
        return
    with torch.no_grad():
        for value in latents.values():
            value.clamp_(-stage.latent_box, stage.latent_box)
