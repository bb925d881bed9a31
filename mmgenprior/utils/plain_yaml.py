"""YAML as data of bounded size: numbers as people write them, no double keys."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

LARGEST = 1_000_000  # bytes
MOST_VALUES = 100_000
MOST_BRACKETS = 100
# What reading a text can raise, deep nesting, dates and unhashable keys included.
FAULTS = (OSError, ValueError, yaml.YAMLError, RecursionError, TypeError, AttributeError)


class _WithAliases(yaml.SafeLoader):
    """YAML with numbers as people write them (``1e-4``), without double keys."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict:
        """As the base class; a key that is given twice is an error."""
        seen: set = set()
        for key, _ in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise yaml.YAMLError(f"line {line}: '{key.value}' is given twice")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Loader(_WithAliases):
    """The same without aliases."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """As the base class; an alias, by which lines can stand for gigabytes, is an error."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.YAMLError(f'line {mark.line + 1}: aliases are not read')
        return super().compose_node(parent, index)


_WithAliases.add_implicit_resolver(
    'tag:yaml.org,2002:float',
    re.compile(r'^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$'),
    list('-+.0123456789'),
)


def read_text(path: Path) -> str:
    """The text of a small file in UTF-8.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is larger than :data:`LARGEST`, or no text.
    """
    if path.stat().st_size > LARGEST:
        raise ValueError(f'it is larger than {LARGEST} bytes')
    return path.read_text(encoding='utf-8')


def load_yaml(text: str, aliases: bool = False) -> Any:
    """Content of a YAML text; raises one of :data:`FAULTS`.

    Args:
        text: The text.
        aliases: Whether ``*name`` may stand for what ``&name`` is before, as long as all of it
            written out has no more than :data:`MOST_VALUES` values.
    """
    _check_depth(text)
    if not aliases:
        return yaml.load(text, _Loader)
    content = yaml.load(text, _WithAliases)
    if _written_out(content, {}) > MOST_VALUES:
        raise ValueError(f'its aliases stand for more than {MOST_VALUES} values')
    return content


def _check_depth(text: str) -> None:
    """Refuse brackets that are nested deep, for which the parser takes hours."""
    depth = 0
    for character in text:
        if character in '[{':
            depth += 1
            if depth > MOST_BRACKETS:
                raise ValueError(f'more than {MOST_BRACKETS} brackets are open')
        elif character in ']}':
            depth = max(depth - 1, 0)


def _written_out(value: Any, known: dict[int, int | None]) -> int:
    """How many values there are without aliases."""
    if not isinstance(value, (dict, list)):
        return 1
    if id(value) not in known:
        known[id(value)] = None  # while it is looked at
        items = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_written_out(item, known) for item in items)
    if known[id(value)] is None:
        raise ValueError('an alias stands for what it is a part of')
    return known[id(value)]
