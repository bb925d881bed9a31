"""DCGAN generators of PyTorch's tutorial, from one ``Sequential`` to the blocks of MMagic."""

from __future__ import annotations

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

_LAYOUT = "the layout of PyTorch's DCGAN tutorial"
_NORM = ('weight', 'bias', 'running_mean', 'running_var')


def convert_dcgan_tutorial(state: State) -> Conversion:
    """Rename a DCGAN generator of PyTorch's tutorial; every tensor stays as it is.

    MMagic's last layer adds a bias, which the tutorial's has not: it is zero here.

    Args:
        state: ``main.{3k}.weight``, transposed 4×4 convolutions without bias, and the batch norms
            ``main.{3k+1}`` behind all but the last; ``main.0`` … ``main.12`` make 64×64 images. The
            width halves from layer to layer.

    Returns:
        State and config for ``DCGANGenerator``: RGB in [-1, 1] from normal latents.

    Raises:
        CheckpointError: If a key is missing, unknown or of another shape.
    """
    noise, width = shape_of(state, 'main.0.weight', 4, _LAYOUT)[:2]
    last = 1
    while f'main.{3 * (last + 1)}.weight' in state:
        last += 1
    rules: list[Rule] = []
    before = noise
    for k in range(last):
        name = f'upsampling.{k - 1}' if k else 'noise2feat'
        after = width // 2**k
        rules.append(renamed(f'{name}.conv.weight', f'main.{3 * k}.weight', before, after, 4, 4))
        for part in _NORM:
            rules.append(renamed(f'{name}.bn.{part}', f'main.{3 * k + 1}.{part}', after))
        counter = 'num_batches_tracked'
        rules.append(renamed(f'{name}.bn.{counter}', f'main.{3 * k + 1}.{counter}'))
        before = after
    key = f'main.{3 * last}.weight'
    rules.append(renamed('output_layer.conv.weight', key, before, 3, 4, 4))
    like = state.get(key, state['main.0.weight'])
    rules.append(constant('output_layer.conv.bias', torch.zeros(3, dtype=like.dtype)))
    generator = dict(
        type='DCGANGenerator',
        output_scale=4 * 2**last,
        base_channels=width,
        noise_size=noise,
    )
    config = dict(type='DCGANPrior', generator=generator, channel_order='rgb')
    return Conversion(apply_rules(state, rules, _LAYOUT), 'prior', config)
