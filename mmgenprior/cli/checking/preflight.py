"""What only the model can tell, found without its weights, before a download or a search."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mmgenprior.api.framework import quiet_framework
from mmgenprior.utils.errors import ConfigError, UserError

if TYPE_CHECKING:
    from mmengine.config import Config

    from mmgenprior.degradations import Degradation
    from mmgenprior.priors import Prior

# Methods of a tensor that fill it.
_DRAWS = ('normal_', 'uniform_', 'fill_', 'zero_')


def check_model(cfg: Config) -> None:
    """Compare generator, operators and pictures of a restoration with one another.

    Args:
        cfg: A config without the mistakes that :func:`mmgenprior.cli.checking.check.check` finds.

    Raises:
        ConfigError: If the generator, an operator or a stage does not fit the others.
    """
    import mmgenprior.components  # noqa: F401  (registers everything)

    model = cfg.get('model') or {}
    loader = cfg.get('test_dataloader')
    dataset = (loader.get('dataset') if isinstance(loader, Mapping) else None) or {}
    with _named('model.prior'):
        prior = _skeleton(model.get('prior'))
    if prior is not None:
        _check_blocks(model, prior)
        _check_side(dataset, prior.image_shape[-1])
    side = prior.image_shape[-1] if prior is not None else _side(dataset)
    for path, degradation in _degradations(dataset):
        with _named(path):
            _check_operator(degradation, side)


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Say which key an error is of."""
    try:
        yield
    except ConfigError:
        raise
    except (UserError, ValueError, TypeError) as error:
        text = ' '.join(str(error).split())
        raise ConfigError(f'config: {path}: {text}') from error


def _skeleton(prior: Any) -> Prior | None:
    """The prior without weights, on no device; None where the method has none of its own."""
    import torch
    from mmagic.registry import MODELS
    from mmengine.registry import DefaultScope

    from mmgenprior.priors import build_prior

    if isinstance(prior, str):
        prior = dict(type='zoo', name=prior)
    if not isinstance(prior, Mapping):
        return None
    if not getattr(MODELS.get(prior.get('type')), 'has_skeleton', True):
        return None
    try:
        with (
            quiet_framework(logging.ERROR),  # random weights are no news here
            torch.device('meta'),
            _undrawn(),
            DefaultScope.overwrite_default_scope('mmagic'),
        ):
            return build_prior({**prior, 'checkpoint': None})
    except NotImplementedError:  # a family that computes with its weights when it is made
        return None


@contextmanager
def _undrawn() -> Iterator[None]:
    """Leave weights undrawn, for which torch would import its compiler on the meta device."""
    from torch.overrides import TorchFunctionMode

    class Undrawn(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            if getattr(func, '__name__', '') in _DRAWS:
                return args[0] if args else kwargs['tensor']
            return func(*args, **(kwargs or {}))

    with Undrawn():
        yield


def _check_blocks(model: Mapping[str, Any], prior: Prior) -> None:
    if model.get('type') == 'DGP':
        return  # its own columns count otherwise, and it says so itself
    stages = model.get('stages') or ()
    named = stages.items() if isinstance(stages, Mapping) else enumerate(stages)
    count = len(prior.blocks)
    for name, stage in named:
        features = stage.get('features') or {}
        rates = stage.get('weight_lr')
        for key, wanted, most in (
            ('blocks', stage.get('blocks'), count),
            ('features.cut', features.get('cut'), count - 1),
            ('weight_lr', len(rates) if isinstance(rates, Sequence) else None, count),
        ):
            if wanted is not None and wanted > most:
                raise ConfigError(
                    f'config: model.stages.{name}.{key}: {wanted} blocks, but '
                    f'{type(prior).__name__} has {most} here'
                )


def _side(dataset: Mapping[str, Any]) -> int | None:
    """Side of the pictures where the config says it."""
    if dataset.get('type') == 'ToyFacesDataset':
        from mmgenprior.datasets.toyfaces.dataset import SIZE

        return SIZE
    size = dataset.get('size')
    return size if isinstance(size, int) else None


def _check_side(dataset: Mapping[str, Any], wanted: int) -> None:
    side = _side(dataset)
    if side is not None and side != wanted:
        raise ConfigError(
            f'config: the pictures are {side}×{side} and the generator makes {wanted}×{wanted}: '
            'set test_dataloader.dataset.size, or choose another prior'
        )


def _degradations(dataset: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    path = 'test_dataloader.dataset'
    if dataset.get('degradation') is not None:
        yield f'{path}.degradation', dataset['degradation']
    for index, step in enumerate(dataset.get('pipeline') or ()):
        if step.get('degradation') is not None:
            yield f'{path}.pipeline.{index}.degradation', step['degradation']


def _check_operator(config: Mapping[str, Any] | str, side: int | None) -> None:
    from mmgenprior.degradations import DegradationError, Operator, build_degradation

    if isinstance(config, Mapping) and config['physics']['type'] == 'AdversarialAttack':
        return  # it loads a classifier
    degradation: Degradation = build_degradation(config)
    physics = degradation.physics
    if side is None or not isinstance(physics, Operator):
        return
    image = (3, side, side)
    measured = physics.measurement_shape(image)
    try:
        seen = physics.infer_image_shape(measured)
    except DegradationError:  # a measurement that does not tell the image's size
        return
    if tuple(seen) != image:
        raise ConfigError(
            f'config: {type(physics).__name__} does not fit pictures of {side}×{side}: its '
            f'measurement is of {seen[-1]}×{seen[-2]} of them; choose a factor that divides {side}'
        )
