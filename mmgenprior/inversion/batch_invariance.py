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


def _linear_by_row(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``F.linear`` row by row: the rounding of one matrix product depends on its height."""
    rows = x.reshape(-1, x.shape[-1])
    out = torch.stack([torch.mv(weight, row) for row in rows])
    out = out.reshape(*x.shape[:-1], weight.shape[0])
    return out if bias is None else out + bias


def _convolution(func: Callable[..., Tensor], x: Tensor, weight: Tensor, *args: Any, **kwargs: Any):
    if x.dim() != 4:
        return func(x, weight, *args, **kwargs)
    if x.shape[0] == 1 and x.numel() <= _NATIVE_CONV_LIMIT:
        return func(torch.cat([x, x]), weight, *args, **kwargs)[:1]
    if x.shape[0] >= 16 and torch.get_num_threads() == 1 and weight.shape[-2:] == (1, 1):
        # One thread and 16 samples is where 1x1 kernels change hands too.
        return torch.cat([func(part, weight, *args, **kwargs) for part in x.split(8)])
    return func(x, weight, *args, **kwargs)


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
