"""The degradation of a task from its config, once per process."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

import torch

from mmgenprior.damages import parse_damage
from mmgenprior.degradations.base import DegradationError
from mmgenprior.degradations.build import build_noise, build_physics
from mmgenprior.degradations.degradation import Degradation


def build_degradation(cfg: Mapping[str, Any] | str) -> Degradation:
    """Build a degradation.

    Args:
        cfg: Its name, ``'sr4'`` or ``'grey+hole'`` (:mod:`mmgenprior.damages`), or
            ``dict(physics=dict(type=..., ...), noise=dict(type='GaussianNoise', sigma=10 / 255) or
            None, centre=0.0)``, and optionally ``image_like`` for a deepinv operator; see
            :class:`Degradation` and :func:`mmgenprior.degradations.build.build_physics`.

    Returns:
        The degradation.

    Raises:
        DegradationError: If the config is wrong.
        DamageError: If the name is.
    """
    cfg = parse_damage(cfg).config() if isinstance(cfg, str) else dict(cfg)
    unknown = sorted(set(cfg) - {'physics', 'noise', 'centre', 'image_like'})
    if unknown or 'physics' not in cfg:
        problem = f'unknown key {", ".join(unknown)}' if unknown else 'physics is missing'
        raise DegradationError(f'degradation: {problem}; keys: physics, noise, centre, image_like')
    return Degradation(
        build_physics(cfg['physics']),
        build_noise(cfg.get('noise')),
        cfg.get('centre', 0.0),
        cfg.get('image_like'),
    )


@functools.lru_cache(maxsize=32)
def _built(text: str, device: str) -> Degradation:
    return build_degradation(json.loads(text)).to(device)


def get_degradation(
    cfg: Mapping[str, Any] | str, device: torch.device | str = 'cpu'
) -> Degradation:
    """:func:`build_degradation`, once per process, config and device.

    Args:
        cfg: As for :func:`build_degradation`; plain numbers, strings, lists and dicts.
        device: Where the images are. Our operators follow them; deepinv's are moved.

    Returns:
        A shared degradation; it never changes, see :meth:`Degradation.bind`.

    Raises:
        DegradationError: If the config is wrong.
    """
    try:
        text = json.dumps(cfg, sort_keys=True)
    except TypeError as error:
        raise DegradationError(
            f'degradation: {error}; a config holds numbers, strings, lists and dicts only'
        ) from error
    return _built(text, str(device))
