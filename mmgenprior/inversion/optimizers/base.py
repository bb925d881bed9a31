"""How a stage moves what it optimises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mmgenprior.registry import SEARCH_OPTIMIZERS
from mmgenprior.utils.names import nearest

Group = dict[str, Any]
# One CPU generator per sample, or none.
StreamsOf = Sequence[torch.Generator]


@dataclass
class Evaluation:
    """One forward pass of B samples.

    Attributes:
        value: Objective (B,), with its graph where gradients are wanted.
        image: G(z; θ), B×3×H×W.
        seen: The term that the stopping rule watches (B,), or None for the objective.
    """

    value: Tensor
    image: Tensor
    seen: Tensor | None = None


@dataclass
class SearchFunctions:
    """The search of a batch as functions of what an optimiser moves.

    ``moved`` is name → B×... tensors in place of the groups' own; what is not named stays as it
    is. No function couples two samples.

    Attributes:
        evaluate: ``moved`` → :class:`Evaluation`, with a graph where gradients are enabled.
        residual: ``moved``, dtype → r (B×m) with Σ r² equal to the objective, or touching it from
            above (:meth:`mmgenprior.inversion.objective.Objective.residual`); forward-mode and
            reverse-mode differentiable. The dtype is what the generator computes in (autocast);
            None is its own.
        supports_forward_mode: Whether the prior can be differentiated in forward mode.
    """

    evaluate: Callable[[dict[str, Tensor]], Evaluation]
    residual: Callable[..., Tensor]
    supports_forward_mode: bool = True


class SearchOptimizer:
    """Base of the optimisers of a stage; registered in ``SEARCH_OPTIMIZERS``.

    An object holds the options of a config alone; :meth:`begin` makes the one that runs. Nothing
    may couple two samples: every tensor it moves has a leading batch dimension, and the sum of the
    samples' objectives has gradients that are each sample's own.

    Attributes:
        needs_graph: Whether :meth:`update` of what :meth:`begin` returns differentiates the
            evaluation that it is given; False spares the graph of every forward pass.
        needs_streams: Whether it draws random numbers, from one stream per sample.
    """

    needs_graph: bool = True
    needs_streams: bool = False

    def begin(
        self,
        groups: list[Group],
        warm_up: int = 0,
        state: dict[str, Any] | None = None,
        streams: StreamsOf = (),
    ) -> Any:
        """The optimiser of one run of a stage.

        Args:
            groups: ``dict(names=[...], params=[...], lr=...)`` of per-sample leaf tensors, latents
                before weights.
            warm_up: Iterations over which the step sizes rise.
            state: What a stage of the same optimiser ended with (``state()``), or None to start
                afresh.
            streams: One CPU generator per sample where ``needs_streams``.

        Returns:
            An object with ``update(evaluation, functions)``, which moves the tensors in place,
            and ``state()``.
        """
        raise TypeError(f'{type(self).__name__} does not define begin()')


def build_optimizer(config: dict[str, Any] | SearchOptimizer) -> SearchOptimizer:
    """An optimiser from ``dict(type=..., **options)``.

    Raises:
        ValueError: If there is none of this name, or it has no such option.
    """
    if isinstance(config, SearchOptimizer):
        return config
    known = SEARCH_OPTIMIZERS.module_dict
    options = dict(config)
    name = options.pop('type', None)
    if name not in known:
        hint = nearest(str(name), known) or f': use one of {", ".join(sorted(known))}'
        raise ValueError(f'there is no optimizer {name!r}{hint}')
    try:
        return known[name](**options)
    except TypeError as error:
        raise ValueError(f'optimizer {name}: {error}') from error
