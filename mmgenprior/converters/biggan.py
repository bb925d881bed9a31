"""BigGAN-PyTorch (ajbrock), whose generator and discriminator DGP uses: pure renaming."""

from __future__ import annotations

import re
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

_G = "BigGAN-PyTorch's generator layout"
_D = "BigGAN-PyTorch's discriminator layout"
# Channels in units of the base, by number of blocks: MMagic's default architectures.
_G_WIDTHS = {
    3: (4, 4, 4, 4),
    4: (16, 16, 8, 4, 2),
    5: (16, 16, 8, 4, 2, 1),
    6: (16, 16, 8, 8, 4, 2, 1),
    7: (16, 16, 8, 8, 4, 2, 1, 1),
}
_D_WIDTHS = {
    4: (4, 4, 4, 4),
    5: (1, 2, 4, 8, 16),
    6: (1, 2, 4, 8, 16, 16),
    7: (1, 2, 4, 8, 8, 16, 16),
    8: (1, 1, 2, 4, 8, 8, 16, 16),
}
_G_ATTENTION = {3: [], 4: [3], 5: [3], 6: [3], 7: [3]}
# At 256×256 MMagic's own list of the discriminator's attention lacks an entry: it cannot be built.
_D_ATTENTION = {4: [], 5: [], 6: [0], 7: None, 8: [3]}


def convert_biggan_generator(state: State) -> Conversion:
    """Convert a class-conditional generator with a shared embedding, e.g. ``G_ema.pth``.

    Args:
        state: ``shared``, ``linear``, ``blocks.i.0`` (``blocks.i.1`` is attention) and
            ``output_layer``, with the spectral-norm buffers ``u0`` and ``sv0``.

    Returns:
        State and config for ``BigGANGenerator``: RGB in [-1, 1]. The forward pass is
        identical; gradients of spectral-norm weights are not, since MMagic holds σ constant.

    Raises:
        CheckpointError: If a key is missing, unknown or of another shape.
    """
    classes, shared = shape_of(state, 'shared.weight', 2, _G)
    chunk = shape_of(state, 'linear.weight', 2, _G)[1]
    blocks = _count_blocks(state, _G, _G_WIDTHS)
    keys = [f'blocks.{i}.0.conv1.weight' for i in range(blocks)]
    widths = [shape_of(state, keys[0], 4, _G)[1]]
    widths += [shape_of(state, key, 4, _G)[0] for key in keys]
    split = shape_of(state, 'blocks.0.0.bn1.gain.weight', 2, _G)[1] != shared
    attention = _attention(state)

    rules = [renamed('shared_embedding.weight', 'shared.weight', classes, shared)]
    rules += _normed('noise2feat', 'linear', (widths[0] * 16, chunk))
    k = 0
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        new, old = f'conv_blocks.{k}', f'blocks.{i}.0'
        rules += _normed(f'{new}.conv1.conv', f'{old}.conv1', (b, a, 3, 3))
        rules += _normed(f'{new}.conv2.conv', f'{old}.conv2', (b, b, 3, 3))
        rules += _normed(f'{new}.shortcut.conv', f'{old}.conv_sc', (b, a, 1, 1))
        for name, width in (('bn1', a), ('bn2', b)):
            rules += _statistics(f'{new}.{name}.bn', f'{old}.{name}', width)
            shape = (width, shared + chunk if split else shared)
            for part in ('gain', 'bias'):
                part = f'{name}.{part}'
                rules += _normed(f'{new}.{part}', f'{old}.{part}', shape, bias=False)
        k += 1
        if i in attention:
            rules += _attention_rules(f'conv_blocks.{k}', f'blocks.{i}.1', b)
            k += 1
    last = widths[-1]
    rules += _statistics('output_layer.bn', 'output_layer.0', last)
    rules.append(renamed('output_layer.bn.weight', 'output_layer.0.gain', last))
    rules.append(renamed('output_layer.bn.bias', 'output_layer.0.bias', last))
    rules += _normed('output_layer.conv', 'output_layer.2', (3, last, 3, 3))

    generator = dict(
        type='BigGANGenerator',
        output_scale=4 * 2**blocks,
        noise_size=chunk * (blocks + 1) if split else chunk,
        num_classes=classes,
        **_architecture(blocks, widths, _G_WIDTHS[blocks], attention, _G_ATTENTION[blocks]),
        shared_dim=shared,
        split_noise=split,
        sn_style='ajbrock',
        sn_eps=1e-6,
    )
    if 'arch_cfg' in generator:
        generator['arch_cfg'].update(
            in_channels=widths[:-1],
            out_channels=widths[1:],
            upsample=[True] * blocks,
            resolution=[8 * 2**i for i in range(blocks)],
        )
    config = dict(type='BigGANPrior', generator=generator, channel_order='rgb')
    return Conversion(apply_rules(state, rules, _G), 'prior', config)


def convert_biggan_discriminator(state: State) -> Conversion:
    """Convert a projection discriminator, e.g. ``D.pth``.

    Args:
        state: ``blocks.i.0`` (``blocks.i.1`` is attention), ``linear`` and ``embed``, with
            the spectral-norm buffers ``u0`` and ``sv0``.

    Returns:
        State and config for ``BigGANDiscriminator``, which takes RGB in [-1, 1].

    Raises:
        CheckpointError: If a key is missing, unknown or of another shape.
    """
    classes = shape_of(state, 'embed.weight', 2, _D)[0]
    blocks = _count_blocks(state, _D, _D_WIDTHS)
    widths = [shape_of(state, f'blocks.{i}.0.conv1.weight', 4, _D)[0] for i in range(blocks)]
    attention = _attention(state)
    halved = 2 if blocks == 4 else blocks - 1

    rules: list[Rule] = []
    k = 0
    for i, (a, b) in enumerate(zip([3, *widths], widths)):
        new, old = f'conv_blocks.{k}', f'blocks.{i}.0'
        rules += _normed(f'{new}.conv1.conv', f'{old}.conv1', (b, a, 3, 3))
        rules += _normed(f'{new}.conv2.conv', f'{old}.conv2', (b, b, 3, 3))
        if i < halved or a != b:
            rules += _normed(f'{new}.shortcut.conv', f'{old}.conv_sc', (b, a, 1, 1))
        k += 1
        if i in attention:
            rules += _attention_rules(f'conv_blocks.{k}', f'blocks.{i}.1', b)
            k += 1
    rules += _normed('decision', 'linear', (1, widths[-1]))
    rules += _normed('proj_y', 'embed', (classes, widths[-1]), bias=False)

    scale = 8 * 2 ** (blocks - 2)
    config = dict(
        type='BigGANDiscriminator',
        input_scale=scale,
        num_classes=classes,
        **_architecture(blocks, widths, _D_WIDTHS[blocks], attention, _D_ATTENTION[blocks]),
        sn_style='ajbrock',
        sn_eps=1e-6,
    )
    if 'arch_cfg' in config:
        config['arch_cfg'].update(
            in_channels=[3, *widths[:-1]],
            out_channels=widths,
            downsample=[i < halved for i in range(blocks)],
            resolution=[scale >> min(i + 1, halved) for i in range(blocks)],
        )
    return Conversion(apply_rules(state, rules, _D), 'discriminator', config)


def _count_blocks(state: State, layout: str, known: dict[int, tuple[int, ...]]) -> int:
    shape_of(state, 'blocks.0.0.conv1.weight', 4, layout)
    blocks = 1
    while f'blocks.{blocks}.0.conv1.weight' in state:
        blocks += 1
    if blocks not in known:
        raise CheckpointError(f'not in {layout}: {blocks} blocks, not one of {[*known]}')
    return blocks


def _attention(state: State) -> list[int]:
    """Blocks that attention follows."""
    found = (re.fullmatch(r'blocks\.(\d+)\.1\.gamma', key) for key in state)
    return sorted(int(match.group(1)) for match in found if match)


def _architecture(
    blocks: int,
    widths: Sequence[int],
    units: Sequence[int],
    attention: list[int],
    usual: list[int] | None,
) -> dict:
    """``base_channels`` of MMagic's own architecture, else the start of an ``arch_cfg``."""
    base = widths[0] // units[0]
    if list(widths) == [base * unit for unit in units] and attention == usual:
        return dict(base_channels=base)
    return dict(arch_cfg=dict(attention=[i in attention for i in range(blocks)]))


def _normed(new: str, old: str, shape: tuple[int, ...], bias: bool = True) -> list[Rule]:
    """A layer under spectral normalisation, with its singular vector and value."""
    rules = [
        renamed(f'{new}.weight', f'{old}.weight', *shape),
        renamed(f'{new}.u0', f'{old}.u0', 1, shape[0]),
        renamed(f'{new}.sv0', f'{old}.sv0', 1),
    ]
    return rules + ([renamed(f'{new}.bias', f'{old}.bias', shape[0])] if bias else [])


def _statistics(new: str, old: str, width: int) -> list[Rule]:
    return [
        renamed(f'{new}.running_mean', f'{old}.stored_mean', width),
        renamed(f'{new}.running_var', f'{old}.stored_var', width),
        constant(f'{new}.num_batches_tracked', torch.tensor(0)),
    ]


def _attention_rules(new: str, old: str, width: int) -> list[Rule]:
    rules = [renamed(f'{new}.gamma', f'{old}.gamma')]
    eighth, half = width // 8, width // 2
    for name, shape in (
        ('theta', (eighth, width, 1, 1)),
        ('phi', (eighth, width, 1, 1)),
        ('g', (half, width, 1, 1)),
        ('o', (width, half, 1, 1)),
    ):
        rules += _normed(f'{new}.{name}.conv', f'{old}.{name}', shape, bias=False)
    return rules
