"""φ networks from files: published ones, converted ones, and those that tools/train.py writes."""

from __future__ import annotations

import re
from os import PathLike
from typing import Any

from mmagic.registry import MODELS
from torch import nn

from mmgenprior.converters.phi import convert_bigprior_phi
from mmgenprior.converters.rules import State
from mmgenprior.utils.errors import CheckpointError, UserError
from mmgenprior.weights.reading import number_faults, read_checkpoint, select_state
from mmgenprior.weights.resolve import resolve_checkpoint

_OFFICIAL = 'backbone.dncnn.'
_TRAINED = 'phi.'
_FIRST = 'layers.0.weight'
_BOUNDED = 'is_bounded'


def build_phi(config: dict[str, Any], checkpoint: str | PathLike | None = None) -> nn.Module:
    """Build a φ network and fill it.

    Args:
        config: Config of a network such as :class:`PhiNetwork`. Where a checkpoint is given,
            ``in_channels``, ``channels``, ``depth``, ``sees_prior``, ``bounded`` may be left out:
            the file tells them (``bounded`` only if tools/train.py wrote it).
        checkpoint: See :func:`mmgenprior.weights.reading.resolve_checkpoint`; an official file
            (``module.backbone.dncnn.*``), a converted one (``layers.*``) or a checkpoint of the
            Runner (``phi.layers.*``). None leaves the weights as they are built.

    Raises:
        CheckpointError: In one line, if the file is missing, unsafe, no such network, of another
            kind than the config says, or holds numbers that are not finite.
    """
    config = {'type': 'PhiNetwork', **config}
    if checkpoint is None:
        return MODELS.build(config)
    try:
        path = resolve_checkpoint(checkpoint)
    except CheckpointError:
        raise CheckpointError(
            f"φ weights '{checkpoint}' not found: name their file in MGP_PHI_CHECKPOINT"
        ) from None
    try:
        state = _as_ours(select_state(read_checkpoint(path), ''))
        network = MODELS.build({**_shape(state, config), **config})
        floating = {k for k, v in network.state_dict().items() if v.is_floating_point()}
        for title, keys in number_faults(state, floating).items():
            if keys:
                raise CheckpointError(f'{title}: {", ".join(keys[:5])}')
        network.load_state_dict(state, strict=True)
    except UserError as error:
        named = str(path) in str(error)
        raise error if named else CheckpointError(f"checkpoint '{path}': {error}") from None
    except RuntimeError as error:
        reason = ' '.join(str(error).split())
        raise CheckpointError(f"checkpoint '{path}' does not fit: {reason}") from None
    # The Runner draws the weights of whatever is not marked so.
    network.is_init = True
    network.source = str(path)
    return network


def _as_ours(state: State) -> State:
    state = {key.removeprefix('module.'): value for key, value in state.items()}
    if any(key.startswith(_TRAINED) for key in state):
        state = {k.removeprefix(_TRAINED): v for k, v in state.items() if k.startswith(_TRAINED)}
    if any(key.startswith(_OFFICIAL) for key in state):
        return convert_bigprior_phi(state).state
    if _FIRST not in state:
        raise CheckpointError(f'no φ network: neither {_OFFICIAL}* nor {_FIRST} is in it')
    return state


def _shape(state: State, config: dict[str, Any]) -> dict[str, Any]:
    """Arguments of :class:`PhiNetwork` that the weights tell."""
    if config['type'] != 'PhiNetwork':
        return {}
    channels, seen = state[_FIRST].shape[:2]
    indices = [int(found[1]) for key in state if (found := re.match(r'layers\.(\d+)\.', key))]
    sees_prior = seen > 3
    told = dict(
        in_channels=seen - 3 * sees_prior,
        channels=channels,
        depth=(max(indices) + 4) // 3,
        sees_prior=sees_prior,
    )
    if _BOUNDED in state:
        told['bounded'] = bool(state[_BOUNDED])
    return told
