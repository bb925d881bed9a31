"""Priors by name, out of the catalogue ``zoo.yml``."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from mmagic.registry import MODELS
from torch import nn

from mmgenprior.priors.building import init_generator
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.plain import merged
from mmgenprior.weights.catalogue import find_entry


def prior_config(name: str, **overrides: Any) -> dict[str, Any]:
    """Config of a prior of the catalogue.

    Args:
        name: Its name, e.g. ``'pggan_celebahq_1024'``.
        **overrides: Keys to set instead, e.g. ``latent='uniform'``; dictionaries are merged.
            ``checkpoint`` is the name itself unless another or None is given here; with one of
            your own, the prefix in the file is found as for any file.

    Raises:
        UserError: If the catalogue has no such prior.
    """
    config = copy.deepcopy(find_entry(name).prior)
    if 'trust' in config:
        raise UserError(
            f"prior '{name}': a catalogue is data and cannot say trust: "
            'give trust=True beside its name'
        )
    config['checkpoint'] = name
    if overrides.get('checkpoint', name) != name:
        config.pop('checkpoint_prefix', None)
    return merged(config, overrides)


@MODELS.register_module(name='zoo')
def zoo_prior(name: str, **overrides: Any) -> nn.Module:
    """Build a prior of the catalogue; ``dict(type='zoo', name=..., **overrides)`` in configs."""
    return MODELS.build(prior_config(name, **overrides))


def build_prior(prior: str | Mapping | nn.Module) -> nn.Module:
    """A prior from what a config says.

    Args:
        prior: Name in the catalogue, config, or a prior itself, which is returned.

    Raises:
        UserError: If the catalogue has no such prior, or as :class:`mmgenprior.priors.Prior`.
    """
    if isinstance(prior, str):
        return zoo_prior(prior)
    return MODELS.build(prior) if isinstance(prior, Mapping) else prior


def zoo_discriminator(name: str) -> nn.Module:
    """The discriminator that a prior of the catalogue was trained with, frozen, in eval mode.

    The images it takes: :attr:`mmgenprior.weights.catalogue.ZooEntry.discriminator_input`.

    Raises:
        UserError: If the prior has none in the catalogue.
        CheckpointError: If the weight file has none, or another.
    """
    entry = find_entry(name)
    if entry.discriminator is None:
        raise UserError(f"prior '{name}' has no discriminator in the catalogue")
    return init_generator(dict(entry.discriminator), name, entry.discriminator_prefix)
