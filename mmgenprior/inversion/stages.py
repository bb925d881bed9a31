"""A stage: what is optimised, how long, with which steps, and what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

# Fused Adam on the CPU came with torch 2.4.
_FUSED_ADAM_ON_CPU = tuple(int(v) for v in torch.__version__.split('.')[:2]) >= (2, 4)
KEEP_RULES = ('best', 'last', 'last_forward')


@dataclass(frozen=True)
class EarlyStop:
    """When one image of a batch has been searched long enough.

    A stopped image keeps the result it had; the others of its batch go on and
    do not notice.

    Attributes:
        threshold: Stop once the objective is at or below this value.
        patience: Stop after this many iterations without progress.
        min_delta: Relative decrease of the best objective that counts as progress.
        term: Name of the term that is watched, without its weight (DGP stops at an MSE);
            None for the whole objective.
    """

    threshold: float | None = None
    patience: int | None = None
    min_delta: float = 0.0
    term: str | None = None

    def __post_init__(self) -> None:
        if self.threshold is None and self.patience is None:
            raise ValueError('early_stop needs a threshold or a patience')
        if self.patience is not None and self.patience < 1:
            raise ValueError(f'early_stop: patience must be at least 1, got {self.patience}')


@dataclass(frozen=True)
class Stage:
    """One stage of the search.

    Attributes:
        name: Name of the stage and of the image it ends with, e.g. ``'CSGM'``.
        iterations: Number of forward passes and updates.
        latent_lr: Step size of the latents; a number for all, or one per name.
        weight_lr: Step size of the generator weights; None leaves them alone. A
            sequence gives one per block, shallow to deep.
        blocks: How many blocks are adapted, counted from the shallow end; None is every weight.
        optimizer: ``'Adam'`` or ``'SGD'``.
        betas: Adam's decay rates.
        eps: Adam's epsilon.
        momentum: SGD's momentum.
        latent_box: b, projects the latents onto the box [-b, b] before the first and after every
            update; None leaves them free.
        keep: ``'best'`` keeps the iterate of lowest objective, the one after the last
            update included (IAGAN paper, experiments); ``'last'`` the iterate after the
            last update (official CSGM); ``'last_forward'`` the image of the last forward
            pass and the latents after the update that follows it (official IAGAN, DGP).
        early_stop: Rule by which single images stop early, or None.
        term_weights: Name of an objective term → its weight in this stage.
        instance_norm: Replace the generator's conditional batch norms by instance norms that
            begin with their statistics (DGP, appendix); see
            :meth:`mmgenprior.priors.Prior.instance_statistics`.
        carry_optimizer: Go on with the moments and step counts of the stage before, as the
            official DGP does. Parameters of step size 0 then have their moments updated too.
            Such a search runs one image at a time, since step counts are not per image.
        warm_up: The step sizes rise linearly over this many iterations, counted over all
            stages that carry the optimiser.
    """

    name: str
    iterations: int
    latent_lr: float | dict[str, float] = 0.1
    weight_lr: float | Sequence[float] | None = None
    blocks: int | None = None
    optimizer: str = 'Adam'
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    momentum: float = 0.0
    latent_box: float | None = None
    keep: str = 'best'
    early_stop: EarlyStop | dict[str, Any] | None = field(default=None)
    term_weights: dict[str, float] | None = None
    instance_norm: bool = False
    carry_optimizer: bool = False
    warm_up: int = 0

    def __post_init__(self) -> None:
        if self.iterations < 1:
            raise ValueError(
                f'stage {self.name}: iterations must be at least 1, got {self.iterations}'
            )
        if self.optimizer not in ('Adam', 'SGD'):
            raise ValueError(
                f"stage {self.name}: optimizer must be 'Adam' or 'SGD', got {self.optimizer!r}"
            )
        if self.latent_box is not None and not self.latent_box > 0:
            raise ValueError(
                f'stage {self.name}: latent_box must be positive, got {self.latent_box}'
            )
        if self.keep not in KEEP_RULES:
            raise ValueError(
                f'stage {self.name}: keep must be one of {KEEP_RULES}, got {self.keep!r}'
            )
        if isinstance(self.early_stop, dict):
            object.__setattr__(self, 'early_stop', EarlyStop(**self.early_stop))

    @property
    def adapts_weights(self) -> bool:
        """Whether generator weights are optimised in this stage."""
        return self.weight_lr is not None

    def latent_step(self, name: str) -> float:
        """Step size of the latent ``name``; 0 keeps it fixed."""
        if isinstance(self.latent_lr, dict):
            return float(self.latent_lr.get(name, 0.0))
        return float(self.latent_lr)

    def build_optimizer(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """Optimiser over parameter groups of per-sample leaf tensors.

        Args:
            groups: ``dict(params=[...], lr=...)`` in the order latents, weights.

        Returns:
            A fresh optimiser, in its fused form where there is one.
        """
        if self.optimizer == 'SGD':
            return torch.optim.SGD(groups, lr=0.0, momentum=self.momentum, foreach=True)
        on_gpu = all(p.is_cuda for group in groups for p in group['params'])
        fused = on_gpu or _FUSED_ADAM_ON_CPU
        return torch.optim.Adam(
            groups, lr=0.0, betas=self.betas, eps=self.eps, fused=fused, foreach=not fused
        )


def adapted_parameters(prior: torch.nn.Module, stage: Stage) -> list[dict[str, Any]]:
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
