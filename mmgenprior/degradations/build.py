"""From config to operator, ours or any of deepinv's."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import deepinv
import torch
from torch import nn

from mmgenprior.degradations.base import DegradationError
from mmgenprior.degradations.deepinv_operators import REFUSED, adapt
from mmgenprior.registry import NOISES, PHYSICS


def _unknown(kind: str, name: str, known: list[str]) -> DegradationError:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f'did you mean {" or ".join(near)}?' if near else f'known: {", ".join(sorted(known))}'
    return DegradationError(f'degradation: there is no {kind} {name!r}; {hint}')


def _split(cfg: Mapping[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    if not isinstance(cfg, Mapping) or not isinstance(cfg.get('type'), str):
        raise DegradationError(f'degradation: {kind}={cfg!r} must be a dict with a type name')
    arguments = dict(cfg)
    return arguments.pop('type'), arguments


def _construct(kind: str, name: str, factory: Any, arguments: dict[str, Any]) -> Any:
    try:
        inspect.signature(factory).bind(**arguments)
    except TypeError as error:
        accepted = ', '.join(inspect.signature(factory).parameters)
        raise DegradationError(
            f'degradation: {kind} {name}: {error}; it takes: {accepted}'
        ) from error
    try:
        return factory(**arguments)
    except (TypeError, ValueError) as error:
        raise DegradationError(f'degradation: {kind} {name}: {error}') from error


def _deepinv_operators() -> dict[str, type]:
    return {
        name: value
        for name, value in vars(deepinv.physics).items()
        if inspect.isclass(value) and issubclass(value, deepinv.physics.Physics)
    }


def blur_filters() -> ModuleType:
    """The module of deepinv that holds its blur filters; it has moved between versions."""
    new = 'deepinv.physics.functional.blur'
    found = importlib.util.find_spec(new) is not None
    return importlib.import_module(new if found else 'deepinv.physics.blur')


def _deepinv_value(key: str, value: Any) -> Any:
    """Turn config data into what deepinv takes: operators, filters, nested lists into tensors."""
    if isinstance(value, Mapping) and 'type' in value:
        name, arguments = _split(value, key)
        if name == 'tensor':
            return torch.tensor(**arguments)
        if name == 'complex_tensor':
            return torch.complex(*(torch.tensor(arguments[part]) for part in ('real', 'imag')))
        if name in PHYSICS.module_dict or name in _deepinv_operators():
            return build_physics(value)
        known = {n: f for n, f in vars(blur_filters()).items() if inspect.isfunction(f)}
        if name not in known:
            raise _unknown('blur filter of deepinv named', name, list(known))
        arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}
        if isinstance(arguments.get('sigma'), (int, float)):
            # One number makes a 1-D filter in current versions and a 2-D one in older ones.
            arguments['sigma'] = (arguments['sigma'],) * 2
        return _construct('filter', name, known[name], arguments)
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping):
        return [_deepinv_value(key, part) for part in value]
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (list, tuple)):
        return torch.tensor(value)
    return tuple(value) if isinstance(value, list) else value


def build_physics(cfg: Mapping[str, Any]) -> deepinv.physics.Physics:
    """Build an operator.

    Args:
        cfg: ``dict(type=..., **arguments)``; the type is one of this package's
            operators or else the name of a class in ``deepinv.physics``. In the
            latter case nested lists become tensors, ``dict(type='gaussian_blur',
            ...)`` calls that blur filter of deepinv,
            ``dict(type='tensor', data=[...])`` and ``dict(type='complex_tensor', real=[...],
            imag=[...])`` make tensors, the config of an operator
            makes that operator, and random operators take an additional ``seed`` (0 by
            default). What is of channels or complex numbers is fed the channels of a picture,
            see :data:`mmgenprior.degradations.deepinv_operators.FORMS`.

    Returns:
        The operator.

    Raises:
        DegradationError: If the type is unknown (near matches are listed), is nothing that
            pictures can be fed to, or its arguments are wrong.
    """
    name, arguments = _split(cfg, 'physics')
    if name in PHYSICS.module_dict:
        return _construct('physics', name, PHYSICS.module_dict[name], arguments)
    theirs = _deepinv_operators()
    if name not in theirs:
        raise _unknown('physics', name, [*PHYSICS.module_dict, *theirs])
    if name in REFUSED:
        raise DegradationError(f'degradation: physics {name} of deepinv {REFUSED[name]}')
    arguments = {key: _deepinv_value(key, value) for key, value in arguments.items()}
    accepted = inspect.signature(theirs[name]).parameters
    if 'rng' in accepted and 'rng' not in arguments and 'seed' not in accepted:
        # Their default is the global stream, which would make the operator differ per process.
        arguments['rng'] = torch.Generator().manual_seed(int(arguments.pop('seed', 0)))
    try:
        return adapt(name, _construct('physics', name, theirs[name], arguments))
    except DegradationError:
        raise
    except Exception as error:  # e.g. a package that deepinv wants, or a shape that it trips over
        reason = ' '.join(str(error).split())
        raise DegradationError(f'degradation: physics {name} of deepinv: {reason}') from error


def build_noise(cfg: Mapping[str, Any] | None) -> nn.Module | None:
    """Build a noise model from ``dict(type=..., **arguments)``; ``None`` means no noise.

    Args:
        cfg: Config of the noise.

    Returns:
        The noise model or ``None``.

    Raises:
        DegradationError: If the type is unknown or its arguments are wrong.
    """
    if cfg is None:
        return None
    name, arguments = _split(cfg, 'noise')
    if name not in NOISES.module_dict:
        raise _unknown('noise', name, list(NOISES.module_dict))
    return _construct('noise', name, NOISES.module_dict[name], arguments)
