"""A stage: what is optimised, how long, with which steps, and what is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from mmgenprior.inversion.features import FreeFeatures
from mmgenprior.inversion.low_rank import LowRank
from mmgenprior.inversion.optimizers import SearchOptimizer, build_optimizer
from mmgenprior.inversion.stopping import EarlyStop
from mmgenprior.utils.limits import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

KEEP_RULES = ('best', 'last', 'last_forward')
# float16 would need the losses scaled.
AUTOCASTS = (None, 'bfloat16')
_PARTS = dict(features=FreeFeatures, low_rank=LowRank, early_stop=EarlyStop)


@dataclass(frozen=True)
class Stage:
    """One stage of the search.

    Attributes:
        name: Name of the stage and of the image it ends with, e.g. ``'CSGM'``.
        iterations: Number of forward passes and updates.
        latent_lr: Step size of the latents; a number for all, or one per name.
        weight_lr: Step size of the generator weights; None leaves them alone. A
            sequence gives one per block, shallow to deep.
        blocks: How many blocks are adapted, counted from the shallow end, or from the cut where
            the features are free; None is every one.
        features: ``dict(cut=l, lr=..., ball='l2'|'l1'|None, radius=...)``: the feature maps behind
            the first ``l`` blocks are free, near G₁(z) of the latents that the stage begins with;
            see :class:`mmgenprior.inversion.features.FreeFeatures`. From then on, in later stages
            too, the latents and the blocks before the cut rest, whatever their step sizes.
        low_rank: ``dict(rank=r, lr=...)``: deltas U Vᵀ of the weights of ``blocks``, see
            :class:`mmgenprior.inversion.low_rank.LowRank`. Later stages keep them.
        optimizer: ``dict(type='Adam', betas=..., eps=...)``, ``dict(type='SGD', momentum=...)``,
            or another of :mod:`mmgenprior.inversion.optimizers`: ``NormalizedGradient``,
            ``LBFGS``, ``LevenbergMarquardt``, ``GaussNewtonCG``, ``Langevin``.
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
        autocast: ``'bfloat16'``: the generator's convolutions and matrix products, forward and
            backward, are of that precision; variables, operator and objective keep theirs. None,
            the default, is the generator's own. What is kept is evaluated again in full precision
            (but for ``keep='last_forward'``). It pays where the processor multiplies bfloat16; see
            ``docs/speed.md``.
    """

    name: str
    iterations: PositiveInt
    latent_lr: NonNegativeFloat | dict[str, NonNegativeFloat] = 0.1
    weight_lr: NonNegativeFloat | Sequence[NonNegativeFloat] | None = None
    blocks: NonNegativeInt | None = None
    features: FreeFeatures | dict[str, Any] | None = None
    low_rank: LowRank | dict[str, Any] | None = None
    optimizer: dict[str, Any] | SearchOptimizer = field(default_factory=lambda: dict(type='Adam'))
    latent_box: PositiveFloat | None = None
    keep: str = 'best'
    early_stop: EarlyStop | dict[str, Any] | None = field(default=None)
    term_weights: dict[str, float] | None = None
    instance_norm: bool = False
    carry_optimizer: bool = False
    warm_up: NonNegativeInt = 0
    autocast: str | None = None

    def __post_init__(self) -> None:
        if self.iterations < 1:
            raise ValueError(
                f'stage {self.name}: iterations must be at least 1, got {self.iterations}'
            )
        try:
            object.__setattr__(self, 'optimizer', build_optimizer(self.optimizer))
        except (TypeError, ValueError) as error:
            raise ValueError(f'stage {self.name}: {error}') from error
        if self.latent_box is not None and not self.latent_box > 0:
            raise ValueError(
                f'stage {self.name}: latent_box must be positive, got {self.latent_box}'
            )
        if self.keep not in KEEP_RULES:
            raise ValueError(
                f'stage {self.name}: keep must be one of {KEEP_RULES}, got {self.keep!r}'
            )
        self._check_autocast()
        for name, kind in _PARTS.items():
            self._build(name, kind)

    def _check_autocast(self) -> None:
        if self.autocast not in AUTOCASTS:
            raise ValueError(
                f"stage {self.name}: autocast must be None or 'bfloat16', got {self.autocast!r}"
            )
        if self.autocast and not self.optimizer.needs_graph:
            # They accept a step by differences that bfloat16 does not resolve.
            raise ValueError(
                f'stage {self.name}: autocast is for optimizers that follow the gradient, not '
                f'{type(self.optimizer).__name__}; jacobian_dtype of LevenbergMarquardt is its like'
            )

    def _build(self, name: str, kind: type) -> None:
        options = getattr(self, name)
        if not isinstance(options, Mapping):
            return
        try:
            object.__setattr__(self, name, kind(**options))
        except (TypeError, ValueError) as error:
            raise ValueError(f'stage {self.name}: {name}: {error}') from error

    @property
    def dtype(self) -> torch.dtype | None:
        """What the generator computes in; None is its own precision."""
        return torch.bfloat16 if self.autocast else None

    @property
    def has_own_weights(self) -> bool:
        """Whether every image gets weights of its own in this stage."""
        return self.adapts_weights or self.instance_norm or self.low_rank is not None

    @property
    def adapts_weights(self) -> bool:
        """Whether generator weights are optimised in this stage."""
        return self.weight_lr is not None

    def latent_step(self, name: str) -> float:
        """Step size of the latent ``name``; 0 keeps it fixed."""
        if isinstance(self.latent_lr, dict):
            return float(self.latent_lr.get(name, 0.0))
        return float(self.latent_lr)
