"""3×3 convolutions beside a change of size by 2, in one operation."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmgenprior.priors.derived import derived_of, rests
from mmgenprior.priors.execution import pass_is_compiled, pass_is_transformed

# Larger sides of a map from which it pays on a CPU. A weight that moves is folded at every step.
_SIDE_AT_REST = 32
_SIDE_MOVING = 64
# float64 is there to be compared digit by digit.
_DTYPES = [torch.float32]


def upsampled_convolution(x: Tensor, layer: nn.Conv2d) -> Tensor:
    """The layer's convolution of x doubled in size by nearest neighbours.

    Of the nine weights of an output pixel some fall on the same pixel of x: folded together they
    are a transposed convolution of 4×4 weights with stride 2, of 4/9 of the arithmetic, and the
    doubled map is never made. It rounds differently. Where it does not pay, both are done.

    Args:
        x: B×C×h×w.
        layer: 3×3, stride 1, padding 1, one group; a spectrally normalised one too.

    Returns:
        B×D×2h×2w.
    """
    if not _pays(x, layer, 2 * min(x.shape[2:])):
        return layer(F.interpolate(x, scale_factor=2, mode='nearest'))
    return F.conv_transpose2d(x, _folded(layer, fold_doubling), layer.bias, stride=2, padding=1)


def pooled_convolution(x: Tensor, layer: nn.Conv2d) -> Tensor:
    """The mean over 2×2 pixels of the layer's convolution of x: one of 4×4 weights, stride 2.

    As :func:`upsampled_convolution`.

    Args:
        x: B×C×h×w with even h and w.
        layer: As there.

    Returns:
        B×D×h/2×w/2.
    """
    even = x.shape[2] % 2 == 0 and x.shape[3] % 2 == 0
    if not even or not _pays(x, layer, min(x.shape[2:])):
        return F.avg_pool2d(layer(x), 2)
    return F.conv2d(x, _folded(layer, fold_mean), layer.bias, stride=2, padding=1)


def fold_doubling(weight: Tensor) -> Tensor:
    """D×C×3×3 weights behind a doubling to C×D×4×4 ones of a transposed convolution."""
    return _sums_of_shifts(weight.flip(2, 3).transpose(0, 1))


def fold_mean(weight: Tensor) -> Tensor:
    """D×C×3×3 weights before a mean over 2×2 pixels to D×C×4×4 ones of stride 2."""
    return _sums_of_shifts(weight) / 4


def _sums_of_shifts(weight: Tensor) -> Tensor:
    padded = F.pad(weight, (1, 1, 1, 1))
    rows = padded[:, :, 1:] + padded[:, :, :-1]
    return rows[..., 1:] + rows[..., :-1]


def _folded(layer: nn.Conv2d, fold: Callable[[Tensor], Tensor]) -> Tensor:
    normalised = hasattr(layer, 'sn_weight')
    names = ('weight', 'u0') if normalised else ('weight',)
    kept = derived_of(layer, fold.__name__)
    return kept.of(layer, names, lambda: fold(layer.sn_weight() if normalised else layer.weight))


def is_worthwhile(x: Tensor, layer: nn.Conv2d) -> bool:
    """Whether less arithmetic, rounded differently, is wanted: on a CPU, in float32.

    Under a transform of ``torch.func`` of weights that rest alone: many tangents of a Jacobian gain
    as much as a pass, convolutions whose weights are each sample's own do not.
    """
    if x.device.type != 'cpu' or x.dtype not in _DTYPES or pass_is_compiled():
        return False
    return rests(layer.weight) or not pass_is_transformed()


def _pays(x: Tensor, layer: nn.Conv2d, side: int) -> bool:
    fits = (
        layer.kernel_size == (3, 3)
        and layer.stride == layer.padding == layer.dilation == (1, 1)
        and layer.groups == 1
        and layer.padding_mode == 'zeros'
        # A hook would make the weight anew before every call.
        and not layer._forward_pre_hooks
        and 'weight' in layer._parameters
    )
    if not fits or not is_worthwhile(x, layer):
        return False
    return side >= (_SIDE_AT_REST if rests(layer.weight) else _SIDE_MOVING)
