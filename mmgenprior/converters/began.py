"""BEGAN generators of the layout that ``BEGANGenerator`` shares."""

from __future__ import annotations

from mmgenprior.converters.rules import Conversion, State, apply_rules, renamed, shape_of

_LAYOUT = "BEGAN's layout"


def convert_began(state: State) -> Conversion:
    """Check a BEGAN generator key by key and find its sizes; the layout stays.

    Args:
        state: ``embed1``, ``deconv{k}.{0,2}`` and ``.4`` in the last block, each with
            ``weight`` and ``bias``; four blocks make 64×64 images, five 128×128.

    Returns:
        State and config for ``BEGANGenerator``: RGB in [-1, 1].

    Raises:
        CheckpointError: If a key is missing, unknown or of another shape.
    """
    noise = shape_of(state, 'embed1.weight', 2, _LAYOUT)[1]
    channels = shape_of(state, 'deconv1.0.weight', 4, _LAYOUT)[0]
    blocks = 2
    while f'deconv{blocks + 1}.0.weight' in state:
        blocks += 1
    sizes = {'embed1': (channels * 64, noise)}
    for k in range(1, blocks + 1):
        for j in (0, 2):
            sizes[f'deconv{k}.{j}'] = (channels, channels, 3, 3)
    sizes[f'deconv{blocks}.4'] = (3, channels, 3, 3)
    rules = []
    for name, shape in sizes.items():
        rules.append(renamed(f'{name}.weight', f'{name}.weight', *shape))
        rules.append(renamed(f'{name}.bias', f'{name}.bias', shape[0]))
    generator = dict(
        type='BEGANGenerator', out_size=2 ** (blocks + 2), noise_size=noise, channels=channels
    )
    config = dict(type='BEGANPrior', generator=generator)
    return Conversion(apply_rules(state, rules, _LAYOUT), 'prior', config)
