"""PGGAN generators of ptrblck (used by IAGAN) and genforce (used by mGANprior and BIGPrior).

The official blocks run norm, upsampling, convolution, scale, bias, activation; MMagic's run
upsampling, convolution, activation, norm. It is the same chain cut at another place, so layer i
of one is layer i of the other. Equality to rounding needs ``pixel_norm='official'``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from mmgenprior.converters.rules import (
    Conversion,
    Rule,
    State,
    apply_rules,
    constant,
    renamed,
    shape_of,
)
from mmgenprior.utils.errors import CheckpointError

_GENFORCE = "genforce's PGGAN layout (mGANprior, BIGPrior)"
_PTRBLCK = "ptrblck's PGGAN layout (IAGAN)"
_GAIN = math.sqrt(2)


def convert_pggan_genforce(state: State) -> Conversion:
    """Convert a ``PGGANGeneratorNet`` of mGANprior or BIGPrior.

    float32 weights are copied as they are; with ``fused_scale`` the transposed convolutions are
    permuted and, where the channels change, multiplied by √(out/in) in float64, because MMagic
    takes the fan of the other side. From float64 weights the rounding of MMagic's float32
    constants is divided out too, and images agree to 1e-12.

    Args:
        state: ``layer{i}.conv.weight`` (``layer{i}.weight`` k×k×in×out where upsampling is
            fused), ``layer{i}.wscale.bias``, ``output{k}.conv.weight``,
            ``output{k}.wscale.bias`` and ``lod``.

    Returns:
        State and config for ``PGGANGenerator``: RGB in [-1, 1].

    Raises:
        CheckpointError: If a key is missing, unknown or of another shape, or ``lod`` is not 0.
    """
    fused = 'layer2.weight' in state
    noise, widths = _sizes(state, 'layer{}.conv.weight', 'layer{}.weight', _GENFORCE)
    shape = (widths[0], noise, 4, 4)
    rules = [
        _first('layer0.conv.weight', shape),
        _first_bias('layer0.wscale.bias', widths[0]),
    ]
    for i, (a, b) in enumerate(_pairs(widths)):
        new, old = f'conv_blocks.{i}.conv', f'layer{i + 1}'
        if fused and i % 2:
            rules.append(_fused(new, f'{old}.weight', a, b))
        else:
            rules.append(_constant(new, f'{old}.conv.weight', (b, a, 3, 3), gain=_GAIN))
        rules.append(renamed(f'{new}.bias', f'{old}.wscale.bias', b))
    for k, width in enumerate(widths):
        new, old = f'torgb_layers.{k}.conv', f'output{k}'
        rules.append(_constant(new, f'{old}.conv.weight', (3, width, 1, 1), gain=1.0))
        rules.append(renamed(f'{new}.bias', f'{old}.wscale.bias', 3))
    converted = apply_rules(state, rules, _GENFORCE, ignored=('lod',))
    lod = float(state['lod']) if 'lod' in state and state['lod'].numel() == 1 else 0.0
    if lod != 0:
        raise CheckpointError(
            f'from the middle of training (lod={lod:g}) and makes images below its resolution: '
            'convert one whose lod is 0'
        )
    return Conversion(converted, 'prior', _config(noise, widths, fused, _GENFORCE))


def convert_pggan_ptrblck(state: State) -> Conversion:
    """Convert the PGGAN generator of ``prog_gans_pytorch_inference``, which IAGAN uses.

    Every layer's learned scale is folded into its weight and MMagic's constant divided out; the
    result stays in float64, so that nothing is lost before the model's own rounding. The output
    layers of the lower resolutions, which the file does not have, are zeros: they do not change
    the image.

    Args:
        state: ``features.{i}.conv.weight``, ``features.{i}.wscale.{scale,b}`` and the same
            of ``output``.

    Returns:
        State and config for ``PGGANGenerator``: RGB in [-1, 1].

    Raises:
        CheckpointError: If a key is missing, unknown or of another shape.
    """
    noise, widths = _sizes(state, 'features.{}.conv.weight', None, _PTRBLCK)
    shape = (widths[0], noise, 4, 4)
    rules = [
        _first('features.0.conv.weight', shape, 'features.0.wscale.scale'),
        _first_bias('features.0.wscale.b', widths[0]),
    ]
    for i, (a, b) in enumerate(_pairs(widths)):
        new, old = f'conv_blocks.{i}.conv', f'features.{i + 1}'
        rules.append(_scaled(new, old, (b, a, 3, 3), gain=_GAIN))
        rules.append(renamed(f'{new}.bias', f'{old}.wscale.b', b))
    last = len(widths) - 1
    for k, width in enumerate(widths[:-1]):
        zeros = torch.zeros(3, width, 1, 1)
        rules.append(constant(f'torgb_layers.{k}.conv.weight_orig', zeros))
        rules.append(constant(f'torgb_layers.{k}.conv.bias', torch.zeros(3)))
    new = f'torgb_layers.{last}.conv'
    rules.append(_scaled(new, 'output', (3, widths[-1], 1, 1), gain=1.0))
    rules.append(renamed(f'{new}.bias', 'output.wscale.b', 3))
    converted = apply_rules(state, rules, _PTRBLCK)
    return Conversion(converted, 'prior', _config(noise, widths, False, _PTRBLCK))


def _sizes(state: State, plain: str, fused: str | None, layout: str) -> tuple[int, list[int]]:
    """Latent size, and channels of every resolution from 4×4 up."""
    width, noise = shape_of(state, plain.format(0), 4, layout)[:2]
    widths = [width]
    while len(widths) < 32:
        i = 2 * len(widths)
        if plain.format(i) in state:
            widths.append(shape_of(state, plain.format(i), 4, layout)[0])
        elif fused is not None and fused.format(i) in state:
            widths.append(shape_of(state, fused.format(i), 4, layout)[3])
        else:
            break
    return noise, widths


def _pairs(widths: Sequence[int]) -> list[tuple[int, int]]:
    """Input and output channels of the 3×3 convolutions in their order."""
    pairs = [(widths[0], widths[0])]
    for a, b in zip(widths, widths[1:]):
        pairs += [(a, b), (b, b)]
    return pairs


def _config(noise: int, widths: Sequence[int], fused: bool, layout: str) -> dict:
    base = widths[-1] * 2 ** len(widths)
    if [min(base >> (k + 1), max(widths)) for k in range(len(widths))] != list(widths):
        raise CheckpointError(
            f'not in {layout}: the channels {", ".join(map(str, widths))} are not halved '
            'from a maximum on, as PGGANGenerator does'
        )
    generator = dict(
        type='PGGANGenerator',
        noise_size=noise,
        out_scale=2 ** (len(widths) + 1),
        base_channels=base,
        max_channels=max(widths),
        fused_upconv=fused,
    )
    return dict(type='PGGANPrior', generator=generator, channel_order='rgb', pixel_norm='official')


def _as_linear(weight: torch.Tensor) -> torch.Tensor:
    # A 4×4 convolution of a 1×1 map with padding 3 is a linear layer with the kernel flipped.
    return weight.flip(2, 3).permute(0, 2, 3, 1).reshape(-1, weight.shape[1])


def _first(source: str, shape: tuple[int, ...], scale: str | None = None) -> Rule:
    """The layer from the latent to the 4×4 map."""
    noise = shape[1]
    # MMagic's gain here is √2/4 in float64, the fan that of the linear layer.
    divisor = math.sqrt(2) / 4 * float(torch.tensor(1.0 / noise).sqrt())
    target = 'noise2feat.linear.weight_orig'
    if scale is None:
        factor = _GAIN / math.sqrt(16 * noise) / divisor
        return Rule(target, {source: shape}, lambda w: _as_linear(_times(w, factor)))
    sources = {source: shape, scale: (1,)}
    return Rule(target, sources, lambda w, s: _as_linear(_times(w, s.double() / divisor)))


def _first_bias(source: str, width: int) -> Rule:
    return Rule('noise2feat.bias', {source: (width,)}, lambda bias: bias.view(1, -1, 1, 1))


def _scaled(new: str, old: str, shape: tuple[int, ...], gain: float) -> Rule:
    """A convolution whose learned scale is folded into its weight."""
    divisor = _equalized(gain, math.prod(shape[1:]))
    sources = {f'{old}.conv.weight': shape, f'{old}.wscale.scale': (1,)}
    return Rule(f'{new}.weight_orig', sources, lambda w, s: _times(w, s.double() / divisor))


def _constant(new: str, old: str, shape: tuple[int, ...], gain: float) -> Rule:
    """A convolution with the constant scale of the paper."""
    fan = math.prod(shape[1:])
    factor = gain / math.sqrt(fan) / _equalized(gain, fan)
    return Rule(f'{new}.weight_orig', {old: shape}, lambda w: _times(w, factor))


def _fused(new: str, old: str, a: int, b: int) -> Rule:
    """Upsampling and convolution as one transposed convolution."""
    factor = _GAIN / math.sqrt(9 * a) / _equalized(_GAIN, 9 * b)
    kernel = {old: (3, 3, a, b)}
    return Rule(f'{new}.weight_orig', kernel, lambda w: _times(w.permute(2, 3, 0, 1), factor))


def _equalized(gain: float, fan: int) -> float:
    """MMagic's constant as it computes it, in float32, so that it cancels."""
    return float(torch.tensor(gain)) * float(torch.tensor(1.0 / fan).sqrt())


def _times(weight: torch.Tensor, factor: float | torch.Tensor) -> torch.Tensor:
    # In float32, a factor that is 1 but for the rounding of a constant would only add rounding.
    if isinstance(factor, float) and abs(factor - 1) < 1e-6 and weight.dtype != torch.float64:
        return weight
    return weight.double() * factor
