"""A denoiser of deepinv by name, its weights read as those of priors are."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from deepinv import models
from torch import nn

from mmgenprior.utils.errors import CheckpointError, UserError
from mmgenprior.utils.names import nearest
from mmgenprior.weights.reading import read_checkpoint
from mmgenprior.weights.resolve import resolve_checkpoint

# Files that deepinv publishes; it gives no hashes, so that none is fetched without one.
_FILES = {
    'DnCNN': ('dncnn', 'dncnn_sigma2_color.pth'),
    'DRUNet': ('drunet', 'drunet_deepinv_color_finetune_22k.pth'),
    'DiffUNet': ('diffunet', 'diffusion_ffhq_10m.pt'),
}


def build_denoiser(config: Mapping[str, Any]) -> nn.Module:
    """Build a denoiser.

    Args:
        config: ``type``, a class of :mod:`deepinv.models`; ``weights``, path of its file, or an
            address with the file's SHA-256 (None takes deepinv's own file, put by hand into
            ``MGP_PRIOR_ROOT``); all else are arguments of the class.

    Returns:
        Frozen; takes B×3×H×W in [0, 1] and a noise level.

    Raises:
        UserError: If deepinv has no such class.
        CheckpointError: If its weights cannot be had, or do not fit.
    """
    config = dict(config)
    name, weights = config.pop('type'), config.pop('weights', None)
    kind = getattr(models, name, None)
    if not (inspect.isclass(kind) and issubclass(kind, models.Denoiser)):
        known = [n for n, k in vars(models).items() if inspect.isclass(k)]
        raise UserError(f"denoiser: deepinv.models has no denoiser '{name}'{nearest(name, known)}")
    trained = 'pretrained' in inspect.signature(kind).parameters
    state = _state(name, weights) if trained else None
    network = kind(**config, **(dict(pretrained=None) if trained else {}))
    if state is not None:
        try:
            # What is computed from no weight is not in deepinv's files.
            network.load_state_dict(state, strict=False)
            _check(network, state)
        except (RuntimeError, CheckpointError) as error:
            reason = ' '.join(str(error).split())[:200]
            raise CheckpointError(f'the weights of {name} do not fit: {reason}') from error
    return network.eval().requires_grad_(False)


def _check(network: nn.Module, state: Mapping[str, Any]) -> None:
    missing = sorted({name for name, _ in network.named_parameters()} - set(state))
    unknown = sorted(set(state) - set(network.state_dict()))
    if missing or unknown:
        raise CheckpointError(f'missing {missing[:3]}, unknown {unknown[:3]}')


def _state(name: str, weights: str | None) -> Mapping[str, Any]:
    if weights is None and name not in _FILES:
        raise CheckpointError(f'weights of {name} are not named: denoiser=dict(weights=PATH)')
    if weights is not None:
        return read_checkpoint(resolve_checkpoint(weights))
    folder, file = _FILES[name]
    try:
        return read_checkpoint(resolve_checkpoint(file))
    except CheckpointError as error:
        from deepinv.models.utils import get_weights_url

        address = get_weights_url(folder, file).partition('?')[0]
        raise CheckpointError(
            f'the weights of {name} are not here: put {file} of {address} into MGP_PRIOR_ROOT '
            f'({error})'
        ) from error
