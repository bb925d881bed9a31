"""A conversion as a list of rules: which tensors of which shape make which new tensor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from mmgenprior.utils.errors import CheckpointError
from mmgenprior.utils.names import listed
from mmgenprior.weights.reading import number_faults

State = Mapping[str, torch.Tensor]
_LISTED = 8
# Batch norm's, an integer.
_COUNTER = '.num_batches_tracked'


@dataclass
class Conversion:
    """What a converter returns.

    Attributes:
        state: State dict in the layout of the class that ``config`` names.
        name: What the config is: ``'prior'``, ``'discriminator'`` or ``'phi'``.
        config: Config to build; a prior's lacks ``checkpoint`` only.
    """

    state: dict[str, torch.Tensor]
    name: str
    config: dict


@dataclass(frozen=True)
class Rule:
    """One tensor of the new layout.

    Attributes:
        target: Its key.
        sources: Keys it is made from, each with the shape it must have.
        make: The new tensor from the old ones, in the order of ``sources``.
    """

    target: str
    sources: Mapping[str, tuple[int, ...]]
    make: Callable[..., torch.Tensor] = lambda tensor: tensor


def renamed(target: str, source: str, *shape: int) -> Rule:
    """Rule of a tensor that only changes its name."""
    return Rule(target, {source: shape})


def constant(target: str, value: torch.Tensor) -> Rule:
    """Rule of a tensor that the old layout has no counterpart of."""
    return Rule(target, {}, lambda: value)


def shape_of(state: State, key: str, dims: int, layout: str) -> tuple[int, ...]:
    """Shape of a tensor from which a converter reads the sizes of the network.

    Args:
        state: Official state dict.
        key: Key that every file of the layout has.
        dims: Number of dimensions it must have.
        layout: Name of the layout, for the message.

    Raises:
        CheckpointError: If the key is missing or has another number of dimensions.
    """
    if key not in state:
        found = ', '.join(list(state)[:3])
        raise CheckpointError(f'not in {layout}: missing keys: {key}; the keys are {found} …')
    shape = tuple(state[key].shape)
    if len(shape) != dims or 0 in shape:
        raise CheckpointError(f'not in {layout}: {key} has shape {shape}, not {dims} dimensions')
    return shape


def apply_rules(
    state: State, rules: Sequence[Rule], layout: str, ignored: Sequence[str] = ()
) -> dict[str, torch.Tensor]:
    """Make the new state dict, if the old one has exactly the keys and shapes of the rules.

    Args:
        state: Official state dict.
        rules: One for each tensor of the new layout.
        layout: Name of the official layout, for the message.
        ignored: Keys that the old layout has and the new one does not need.

    Returns:
        The new state dict; its tensors share memory with the old ones where they only move.

    Raises:
        CheckpointError: If a key is missing, unknown, of another shape or holds no finite numbers.
    """
    expected = {key: shape for rule in rules for key, shape in rule.sources.items()}
    faults = {
        'missing keys': [key for key in expected if key not in state],
        'unknown keys': [key for key in state if key not in expected and key not in ignored],
        'wrong shapes': [
            f'{key} {tuple(state[key].shape)} instead of {shape}'
            for key, shape in expected.items()
            if key in state and tuple(state[key].shape) != tuple(shape)
        ],
    }
    used = {key: value for key, value in state.items() if key in expected}
    faults |= number_faults(used, {key for key in used if not key.endswith(_COUNTER)})
    if any(faults.values()):
        text = '; '.join(
            f'{title}: {listed(keys, _LISTED)}' for title, keys in faults.items() if keys
        )
        raise CheckpointError(f'not in {layout}: {text}')
    return {rule.target: rule.make(*(state[key] for key in rule.sources)) for rule in rules}
