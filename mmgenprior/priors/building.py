"""From a config to a generator with its weights, frozen."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike

import torch
from mmagic.registry import MODELS
from mmengine.logging import print_log
from mmengine.registry import DefaultScope
from torch import nn

from mmgenprior.utils.errors import UserError
from mmgenprior.weights.reading import load_generator


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Draw initial weights from a seed and leave the global stream as it was."""
    with torch.random.fork_rng(devices=[]):
        # The CPU generator only: torch.manual_seed would also touch the accelerators.
        torch.default_generator.manual_seed(seed)
        yield


def init_generator(
    generator: dict | nn.Module,
    checkpoint: str | PathLike | None = None,
    checkpoint_prefix: str | None = None,
    init_seed: int = 0,
) -> nn.Module:
    """Build a generator, fill it with weights and freeze it.

    Args:
        generator: Config of a generator in MMagic's ``MODELS``, or a module,
            whose weights are kept when ``checkpoint`` is None.
        checkpoint: Weight file; None leaves a built generator with random
            weights, which is said in one warning line.
        checkpoint_prefix: See :func:`mmgenprior.weights.reading.select_state`.
        init_seed: Seed of the random weights, independent of the global stream.

    Returns:
        The generator in eval mode, none of its parameters requiring gradients.

    Raises:
        mmgenprior.priors.CheckpointError: If the weight file is missing, unsafe,
            damaged or does not fit.
    """
    if isinstance(generator, nn.Module):
        module = generator
    else:
        # MMagic's layers look their parts up in the current scope, which outside a Runner is unset.
        with _seeded(init_seed), DefaultScope.overwrite_default_scope('mmagic'):
            module = MODELS.build(copy.deepcopy(generator))
        kind = generator.get('type')
        if not isinstance(module, nn.Module):
            made = type(module).__name__
            raise UserError(f'{kind!r} makes a {made}, not a torch.nn.Module: it is no generator')
        # A function may well load weights of its own.
        if checkpoint is None and isinstance(kind, (str, type)):
            print_log(
                f'{type(module).__name__}: no checkpoint is given, the generator has random '
                f'weights (init_seed={init_seed})',
                logger='current',
                level=logging.WARNING,
            )
    if checkpoint is not None:
        load_generator(module, checkpoint, checkpoint_prefix)
    # TorchScript has no requires_grad_ for all, and its copies are no leaves.
    for parameter in module.parameters():
        parameter.requires_grad_(False) if parameter.is_leaf else parameter.detach_()
    return module.eval()
