"""Kinds of values: what a schema says of them, and how a person is told.

A kind is a list of alternatives. Each is a word (``int``, ``float``, ``bool``, ``str``, ``none``,
``list``, ``dict``, ``any``) or a dict of one entry:

==================================  ====================================================
``{"int": {"least": 1}}``           a number within limits, also ``float`` and ``above``
``{"list": kind}``                  a list or tuple; with ``"length"`` of so many
``{"map": kind}``                   a dict of any keys; ``"except"`` has those of other kinds
``{"record": name}``                a dict of the keys of a record of the schema
``{"part": name}``                  the same, of which all may be left out
``{"type": [registry, ...]}``       a component, ``dict(type=...)``; ``"default"`` its type,
                                    ``"extra"`` keys that are not its own
``{"arguments": [registry, name]}``  what that type takes, without its ``type``
``{"prior": null}``                 the name of a prior of the catalogue
``{"damage": null}``                a damage by its name, ``sr4`` or ``grey+hole``
==================================  ====================================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Kind = Any
_CONTAINERS = {
    'dict': Mapping,
    'map': Mapping,
    'record': Mapping,
    'part': Mapping,
    'type': Mapping,
    'arguments': Mapping,
    'list': (list, tuple),
}
_WORDS = {
    'int': 'a whole number',
    'float': 'a number',
    'bool': 'True or False',
    'str': 'text',
    'none': 'None',
    'list': 'a list',
    'dict': 'a dict',
    'map': 'a dict',
    'record': 'a dict',
    'part': 'a dict',
    'type': "a dict with a 'type'",
    'arguments': 'a dict',
    'prior': 'the name of a prior',
    'damage': 'the name of a damage',
    'any': 'anything',
}
# Texts that name something.
NAMES = ('prior', 'damage')
_SCALARS = (bool, int, float, str, type(None))


def word_of(alternative: Kind) -> str:
    """The word that an alternative begins with."""
    return alternative if isinstance(alternative, str) else next(iter(alternative))


def is_data(value: Any) -> bool:
    """Whether a value is what a file of data could hold; objects of code are not checked."""
    return isinstance(value, (*_SCALARS, Mapping, list, tuple))


def fits_scalar(alternative: Kind, value: Any) -> bool:
    """Whether a value that holds no others is of the alternative."""
    word = word_of(alternative)
    if word in ('int', 'float'):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        if word == 'int' and isinstance(value, float):
            return False
        limits = alternative[word] if isinstance(alternative, Mapping) else {}
        return not math.isnan(value) and _is_within(limits, value)
    kinds = {'bool': bool, 'str': str, 'prior': str, 'damage': str, 'none': type(None)}
    return word in kinds and isinstance(value, kinds[word])


def _is_within(limits: Mapping[str, float], value: float) -> bool:
    if 'least' in limits and value < limits['least']:
        return False
    return not ('above' in limits and value <= limits['above'])


def candidates(kind: list[Kind], value: Any) -> list[Kind]:
    """The alternatives that a container may be one of."""
    fitting = [a for a in kind if isinstance(value, _CONTAINERS.get(word_of(a), ()))]
    if isinstance(value, Mapping):
        # A dict that names a type is a component where it can be one.
        named = [a for a in fitting if word_of(a) == 'type']
        if 'type' in value:
            return named or fitting
        others = [a for a in fitting if a not in named or 'default' in a]
        return others or fitting
    return fitting


def said(kind: list[Kind]) -> str:
    """What a value of the kind is, in words, e.g. ``a whole number of at least 1 or None``."""
    words = dict.fromkeys(_said_one(alternative) for alternative in kind)
    if len(words) > 1:
        words.pop('None', None)
        words = dict.fromkeys([*words, 'None']) if 'none' in kind else words
    return ' or '.join(words)


def _said_one(alternative: Kind) -> str:
    word = word_of(alternative)
    text = _WORDS[word]
    if word in ('int', 'float') and isinstance(alternative, Mapping):
        limits = alternative[word]
        if 'least' in limits:
            return f'{text} of at least {limits["least"]:g}'
        return f'{text} above {limits["above"]:g}'
    if word == 'list' and isinstance(alternative, Mapping):
        inner = said(alternative['list'])
        return f'a list of {inner}' if inner != 'anything' else text
    return text


def shown(value: Any) -> str:
    """A value in a message, with what it is where that does not show."""
    text = repr(value)
    text = text if len(text) <= 40 else f'{text[:37]}...'
    if isinstance(value, str):
        return f'the text {text}'
    if isinstance(value, Mapping):
        return f'the dict {text}'
    if isinstance(value, (list, tuple)):
        return f'the list {text}'
    return text
