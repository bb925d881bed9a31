"""From type hints to the kinds of a schema."""

from __future__ import annotations

import collections.abc
import dataclasses
import os
import pathlib
import types
import typing
from typing import Any

from mmgenprior.cli.checking.kinds import Kind
from mmgenprior.utils.limits import Limit

_WORDS = {
    int: 'int',
    float: 'float',
    bool: 'bool',
    str: 'str',
    type(None): 'none',
    None: 'none',
    dict: 'dict',
    list: 'list',
    tuple: 'list',
    os.PathLike: 'str',
    pathlib.Path: 'str',
}
_LISTS = (list, tuple, set, collections.abc.Sequence, collections.abc.Iterable)
_MAPS = (dict, collections.abc.Mapping)


def kind_of(hint: Any) -> list[Kind]:
    """The kind that a hint stands for; ``any`` where a config cannot tell.

    Args:
        hint: As :func:`typing.get_type_hints` returns it with ``include_extras``.
    """
    if hint in _WORDS if isinstance(hint, collections.abc.Hashable) else False:
        return [_WORDS[hint]]
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        return _limited(hint)
    if origin in (typing.Union, types.UnionType):
        return _choice(typing.get_args(hint))
    if origin in _LISTS:
        return [_list(origin, typing.get_args(hint))]
    if origin in _MAPS:
        arguments = typing.get_args(hint)
        return [{'map': kind_of(arguments[1])}] if arguments else ['dict']
    if hint in _LISTS:
        return ['list']
    if hint in _MAPS:
        return ['dict']
    if origin is os.PathLike:
        return ['str']
    if is_record(hint):
        return [{'record': hint.__name__}]
    return ['any']


def is_record(hint: Any) -> bool:
    """Whether a hint is a class whose fields a dict may give."""
    is_class = isinstance(hint, type)
    return is_class and (dataclasses.is_dataclass(hint) or typing.is_typeddict(hint))


def records_in(hint: Any) -> list[type]:
    """The classes with fields that a hint holds."""
    if is_record(hint):
        return [hint]
    return [found for part in typing.get_args(hint) for found in records_in(part)]


def _limited(hint: Any) -> list[Kind]:
    base, *extras = typing.get_args(hint)
    limits = [extra for extra in extras if isinstance(extra, Limit)]
    if not limits:
        return kind_of(base)
    given = {k: v for k, v in dataclasses.asdict(limits[0]).items() if v is not None}
    return [{_WORDS[base]: given}]


def _choice(hints: tuple[Any, ...]) -> list[Kind]:
    """A union; objects that only code can make are left out where there is anything else."""
    kinds: list[Kind] = []
    has_record = any(is_record(hint) for hint in hints)
    for hint in hints:
        for kind in kind_of(hint):
            # `EarlyStop | dict`: the dict is of the fields of the class.
            is_plain = has_record and (kind == 'dict' or kind == {'map': ['any']})
            if kind not in kinds and not is_plain:
                kinds.append(kind)
    known = [kind for kind in kinds if kind != 'any']
    return known if known and known != ['none'] and not _has_any(hints) else kinds


def _has_any(hints: tuple[Any, ...]) -> bool:
    return any(hint is Any or isinstance(hint, typing.TypeVar) for hint in hints)


def _list(origin: Any, arguments: tuple[Any, ...]) -> Kind:
    if not arguments:
        return 'list'
    if origin is tuple and arguments[-1] is not Ellipsis:
        if len(set(arguments)) == 1:
            return {'list': kind_of(arguments[0]), 'length': len(arguments)}
        return {'list': ['any'], 'length': len(arguments)}
    return {'list': kind_of(arguments[0])}
