"""The published φ networks of BIGPrior."""

from __future__ import annotations

from mmgenprior.converters.rules import Conversion, State, apply_rules, renamed, shape_of
from mmgenprior.utils.errors import CheckpointError

_LAYOUT = "BIGPrior's DnCNN layout"
_OLD = 'backbone.dncnn.'


def convert_bigprior_phi(state: State) -> Conversion:
    """Convert a φ network with the DnCNN backbone, ``net_data/*/net_*.pth``.

    Args:
        state: ``backbone.dncnn.{i}``, convolutions without bias and batch norms, with or
            without ``module.`` in front.

    Returns:
        State and config for :class:`mmgenprior.editors.bigprior.PhiNetwork`.

    Raises:
        CheckpointError: If a key is missing, unknown or of another shape.
    """
    state = {key.removeprefix('module.'): value for key, value in state.items()}
    channels, in_channels = shape_of(state, f'{_OLD}0.weight', 4, _LAYOUT)[:2]
    if in_channels not in (1, 3):
        raise CheckpointError(
            f'not in {_LAYOUT}: {in_channels} input channels; x − net(x) needs 1 or 3'
        )
    depth = 2
    while f'{_OLD}{3 * depth - 3}.weight' in state:  # the batch norm of the next hidden layer
        depth += 1
    rules = [renamed('layers.0.weight', f'{_OLD}0.weight', channels, in_channels, 3, 3)]
    for layer in range(1, depth - 1):
        conv, norm = 3 * layer - 1, 3 * layer
        shape = (channels, channels, 3, 3)
        rules.append(renamed(f'layers.{conv}.weight', f'{_OLD}{conv}.weight', *shape))
        for name in ('weight', 'bias', 'running_mean', 'running_var'):
            rules.append(renamed(f'layers.{norm}.{name}', f'{_OLD}{norm}.{name}', channels))
        count = f'{norm}.num_batches_tracked'
        rules.append(renamed(f'layers.{count}', f'{_OLD}{count}'))
    last = f'{3 * depth - 4}.weight'
    rules.append(renamed(f'layers.{last}', f'{_OLD}{last}', 3, channels, 3, 3))
    config = dict(type='PhiNetwork', in_channels=in_channels, channels=channels, depth=depth)
    return Conversion(apply_rules(state, rules, _LAYOUT), 'phi', config)
