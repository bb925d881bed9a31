"""How a generator is run: choices that change time and memory, and rounding at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from mmgenprior.utils.errors import UserError

_OWN_WEIGHTS = ('vmap', 'loop')


@dataclass(frozen=True)
class Execution:
    """Options of a prior, ``execution=dict(...)``; ``docs/speed.md`` has what they do to time.

    Attributes:
        channels_last: Order of the weights in memory, see :meth:`memory_format`: True and False
            say which; None is the family's own choice.
        own_weights: Several samples at once with weights of their own: ``'vmap'``, which turns
            their convolutions into one grouped convolution, or ``'loop'``, one sample after the
            other with one backward pass. None is vmap where the generator allows it.
        compiled: Whether, on a CPU, passes with gradients go through ``torch.compile``, which takes
            a minute or two at their first and merges what lies between the convolutions: for large
            pictures and searches of hundreds of steps. Without a C++ compiler a warning says so and
            the generator runs as it is; so it does under ``torch.func`` and from a cut.
    """

    channels_last: bool | None = None
    own_weights: str | None = None
    compiled: bool = False

    def __post_init__(self) -> None:
        if self.channels_last not in (None, True, False):
            raise UserError(
                f'execution: channels_last={self.channels_last!r}: use True, False or None'
            )
        if self.own_weights not in (None, *_OWN_WEIGHTS):
            raise UserError(
                f'execution: own_weights={self.own_weights!r}: use one of {_OWN_WEIGHTS}'
            )
        if self.compiled not in (True, False):
            raise UserError(f'execution: compiled={self.compiled!r}: use True or False')

    def memory_format(
        self, preferred: bool, device: torch.device, lanes: int, plain: bool
    ) -> torch.memory_format | None:
        """The order of the weights in memory; None leaves it.

        Args:
            preferred: Whether the family is faster on the CPU with channels last.
            device: Where the generator runs.
            lanes: Samples evaluated at once. Under vmap, convolutions of channels-last weights
                have wrong gradients (seen with torch 2.15), so that it takes one lane.
            plain: Whether several lanes are an ordinary batch, without vmap; then
                ``channels_last=True`` holds for them too.
        """
        if self.channels_last is None and not preferred:
            return None
        if self.channels_last is None:
            last = device.type == 'cpu' and lanes == 1
        else:
            last = self.channels_last and (lanes == 1 or plain)
        return torch.channels_last if last else torch.contiguous_format


def build_execution(options: Execution | Mapping[str, Any] | None) -> Execution:
    """The options of a config.

    Raises:
        UserError: If there is no such option, or it has no such value.
    """
    if isinstance(options, Execution):
        return options
    try:
        return Execution(**(options or {}))
    except TypeError as error:
        raise UserError(f'execution: {error}') from error


def pass_is_transformed() -> bool:
    """Whether a transform of ``torch.func`` watches the generator run."""
    return torch._C._functorch.peek_interpreter_stack() is not None


def pass_is_compiled() -> bool:
    """Whether the compiler does."""
    compiling = getattr(torch.compiler, 'is_compiling', None)  # since torch 2.3
    return compiling is not None and compiling()


def pass_is_ordinary() -> bool:
    """Whether neither does."""
    return not pass_is_transformed() and not pass_is_compiled()
