"""How a stage moves what it optimises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from mmgenprior.registry import SEARCH_OPTIMIZERS
from mmgenprior.utils.names import nearest

Group = dict[str, Any]


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


class SearchOptimizer:
    """Base of the optimisers of a stage; registered in ``SEARCH_OPTIMIZERS``.

    An object holds the options of a config alone; :meth:`begin` makes the one that runs. Nothing
    may couple two samples: every tensor it moves has a leading batch dimension, and the sum of the
    samples' objectives has gradients that are each sample's own.
    """

    def begin(self, groups: list[Group], warm_up: int, state: dict[str, Any] | None) -> Any:
        """The optimiser of one run of a stage.

        Args:
            groups: ``dict(names=[...], params=[...], lr=...)`` of per-sample leaf tensors, latents
                before weights.
            warm_up: Iterations over which the step sizes rise.
            state: What the stage before ended with (``state()``), or None to start afresh.

        Returns:
            An object with ``update(evaluation, evaluate)``, which moves the tensors in place, and
            ``state()``.
        """
        raise TypeError(f'{type(self).__name__} does not define begin()')


# Evaluates the objective at the tensors of the groups as they are now, without a graph.
Evaluate = Callable[[], Evaluation]


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
