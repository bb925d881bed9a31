"""What a class takes: its own arguments, and those that it passes on to its bases."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
import typing
from collections.abc import Callable
from typing import Any

from mmgenprior.cli.checking.hints import kind_of, records_in
from mmgenprior.cli.checking.schema import Kind, Signature

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def signature_of(factory: Callable[..., Any]) -> Signature:
    """What a config may give to a class or function."""
    if not inspect.isclass(factory):
        return _of_function(factory)
    keys: dict[str, Kind] = {}
    required: list[str] = []
    taken: set[str] = set()  # by a class nearer to the front, or fixed by it
    for owner in inspect.getmro(factory):
        if '__init__' not in vars(owner):
            continue
        if owner.__module__.startswith('torch.nn.') and keys == {}:
            return Signature(is_open=not owner.__name__ == 'Module')
        init = vars(owner)['__init__']
        own, needed, rest = _parameters(init, skip_first=True)
        for name, kind in own.items():
            if name not in taken and name not in keys:
                keys[name] = kind
                required += [name] if name in needed else []
        if not rest:
            return Signature(keys, tuple(required))
        passed = _passed_on(init, rest)
        if passed is None:
            return Signature(keys, tuple(required), is_open=True)
        count, named = passed
        taken |= named | {*_leading(factory, owner, count)}
    return Signature(keys, tuple(required))


def record_of(cls: type) -> Signature:
    """What a dataclass or a typed dict takes."""
    if not typing.is_typeddict(cls):
        return signature_of(cls)
    hints = typing.get_type_hints(cls, include_extras=True)
    return Signature(
        {n: kind_of(h) for n, h in hints.items()}, tuple(sorted(cls.__required_keys__))
    )


def records_of(factory: Callable[..., Any]) -> list[type]:
    """The dataclasses and typed dicts among the hints of a class, its bases and its fields."""
    found: list[type] = []
    owners = inspect.getmro(factory) if inspect.isclass(factory) else [factory]
    for owner in owners:
        source = vars(owner).get('__init__') if inspect.isclass(owner) else owner
        if typing.is_typeddict(owner):
            source = owner
        for hint in _hints(source).values():
            for record in records_in(hint):
                if record not in found:
                    found += [record, *(r for r in records_of(record) if r not in found)]
    return list(dict.fromkeys(found))


def _of_function(function: Callable[..., Any]) -> Signature:
    keys, required, rest = _parameters(function, skip_first=False)
    return Signature(keys, tuple(required), is_open=bool(rest))


def _hints(function: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception:  # a name that only a type checker imports, or a stock hint that is none
        return {}


def _parameters(
    function: Callable[..., Any], skip_first: bool
) -> tuple[dict[str, Kind], list[str], str | None]:
    """Name → kind, the names that must be given, and the name of ``**kwargs``."""
    hints = _hints(function)
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip_first:]
    except (TypeError, ValueError):
        return {}, [], 'kwargs'
    keys, required, rest = {}, [], None
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            rest = parameter.name
        elif parameter.kind is not inspect.Parameter.VAR_POSITIONAL:
            hint = hints.get(parameter.name, Any)
            kind = kind_of(hint)
            default = parameter.default
            if default is inspect.Parameter.empty:
                required.append(parameter.name)
            elif default is None and 'any' not in kind and 'none' not in kind:
                kind = [*kind, 'none']
            keys[parameter.name] = kind
    return keys, required, rest


@functools.cache
def _passed_on(init: Callable[..., Any], rest: str) -> tuple[int, frozenset[str]] | None:
    """How ``**rest`` reaches ``super().__init__``.

    Returns:
        How many positional arguments are given there and the names of the others, or None where
        it does not go there.
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(init)))
    except (OSError, TypeError, SyntaxError):
        return None
    for node in ast.walk(tree):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if not (is_call and node.func.attr == '__init__' and _is_super(node.func.value)):
            continue
        stars = [k.value for k in node.keywords if k.arg is None]
        if any(isinstance(star, ast.Name) and star.id == rest for star in stars):
            plain = [a for a in node.args if not isinstance(a, ast.Starred)]
            return len(plain), frozenset(k.arg for k in node.keywords if k.arg)
    return None


def _is_super(node: ast.expr) -> bool:
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return is_call and node.func.id == 'super'


def _leading(factory: type, owner: type, count: int) -> list[str]:
    """Names of the first arguments of the next constructor behind that of ``owner``."""
    mro = inspect.getmro(factory)
    for base in mro[mro.index(owner) + 1 :]:
        if '__init__' in vars(base):
            found = list(inspect.signature(vars(base)['__init__']).parameters.values())[1:]
            return [p.name for p in found if p.kind in _POSITIONAL][:count]
    return []
