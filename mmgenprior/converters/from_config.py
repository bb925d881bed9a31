"""The prior of a config file, be it a restoration's or a training's."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

from mmagic.registry import MODELS
from mmengine.config import Config

from mmgenprior.utils.errors import UserError


def prior_of_config(path: str | PathLike, checkpoint: str | None = None) -> dict[str, Any]:
    """Config of the prior that a config file is about.

    Args:
        path: A config with ``prior`` or ``model.prior``, or one that trains a GAN
            (``model.generator``), whose generator gets the adapter of its family.
        checkpoint: Weight file to use instead of the config's own; None leaves that, and a GAN
            that is yet to be trained with random weights.

    Raises:
        UserError: If the file has no prior or generator, or the generator has no adapter.
    """
    config = Config.fromfile(path, import_custom_modules=False)
    model = config.get('model') or {}
    prior = model.get('prior') or config.get('prior')
    if isinstance(prior, str):
        prior = dict(type='zoo', name=prior)
    elif prior is not None:
        prior = prior.to_dict()
    elif isinstance(model.get('generator'), Mapping):
        generator = model['generator'].to_dict()
        prior = dict(type=_adapter(generator['type']), generator=generator)
    else:
        raise UserError(f"config '{path}' has neither 'prior' nor 'model.generator'")
    if checkpoint is not None:
        prior['checkpoint'] = checkpoint
    return prior


def _adapter(generator: str) -> str:
    for name, kind in MODELS.module_dict.items():
        if generator in getattr(kind, 'generator_types', ()):
            return name
    raise UserError(f"generator '{generator}' has no prior that adapts it, see CONTRIBUTING.md")


def discriminator_of_config(path: str | PathLike) -> dict[str, Any]:
    """Config of the discriminator that a training config trains beside its generator.

    Raises:
        UserError: If it trains none.
    """
    found = Config.fromfile(path, import_custom_modules=False).model.get('discriminator')
    if not isinstance(found, Mapping):
        raise UserError(
            f"config '{path}' has no 'model.discriminator', but the checkpoint has one: "
            'give the config that it was trained with'
        )
    return found.to_dict()
