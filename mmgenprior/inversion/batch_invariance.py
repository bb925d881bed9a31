"""Make a sample's floating-point result independent of its batch, on the CPU.

Adam at the papers' step sizes amplifies a difference of one rounding unit to a
different picture within some 400 iterations, so "the same up to rounding" is
not enough for the promise that batch size never changes a result.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

# PyTorch sends a CPU convolution of a single sample with at most this many
# inputs to another kernel than the same sample in a larger batch.
_NATIVE_CONV_LIMIT = 20480
_CONVOLUTIONS = (F.conv2d, F.conv_transpose2d)


def _linear_by_row(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``F.linear`` row by row: the rounding of one matrix product depends on its height."""
    rows = input.reshape(-1, input.shape[-1])
    out = torch.stack([torch.mv(weight, row) for row in rows])
    out = out.reshape(*input.shape[:-1], weight.shape[0])
    return out if bias is None else out + bias


def _bmm_by_sample(input: Tensor, mat2: Tensor) -> Tensor:
    """``torch.bmm`` one product at a time: a batch of one goes to another kernel."""
    return torch.stack([torch.mm(a, b) for a, b in zip(input, mat2)])


# The parameters are named as PyTorch's own, since callers may pass them by keyword.
def _convolution(
    func: Callable[..., Tensor], input: Tensor, weight: Tensor, *args: Any, **kwargs: Any
) -> Tensor:
    batch = input.shape[0]
    if input.dim() != 4:
        return func(input, weight, *args, **kwargs)
    if batch == 1 and input.numel() <= _NATIVE_CONV_LIMIT:
        return func(torch.cat([input, input]), weight, *args, **kwargs)[:1]
    if batch >= 16 and torch.get_num_threads() == 1 and weight.shape[-2:] == (1, 1):
        # One thread and 16 samples is where 1x1 kernels change hands too.
        return torch.cat([func(part, weight, *args, **kwargs) for part in input.split(8)])
    return func(input, weight, *args, **kwargs)


class _BatchInvariantMode(TorchFunctionMode):
    """Reroute the few CPU operations whose rounding depends on the batch size."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: tuple[type, ...],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func is F.linear:
            return _linear_by_row(*args, **kwargs)
        if func in (torch.bmm, Tensor.bmm):
            return _bmm_by_sample(*args, **kwargs)
        if func in _CONVOLUTIONS:
            return _convolution(func, *args, **kwargs)
        return func(*args, **kwargs)


def batch_invariant(device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Context in which a sample's result does not depend on the batch it is in.

    On the CPU the guarantee is bitwise for generators made of convolutions,
    linear layers and element-wise functions. Other devices choose kernels by
    shape too and offer no such switch; there the context does nothing.

    Args:
        device: Device the generator runs on.

    Returns:
        A context manager.
    """
    if device.type == 'cpu':
        return _BatchInvariantMode()
    return contextlib.nullcontext()
