"""The schema that is shipped: types, their keys, and the kinds of the values."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name('schema.json')
# A kind is one of these words or a dict of one entry, see ``kinds``; a list of them is a choice.
Kind = Any
# Of these the registries hold what the installed release has.
STACK = ('mmagic', 'mmengine', 'mmcv', 'torch', 'deepinv', 'diffusers')
# What MMEngine and MMagic take out of a component's dict themselves.
COMMON_KEYS = frozenset(('type', '_scope_', '_delete_'))


@dataclass(frozen=True)
class Signature:
    """What a component, or a dict without a type, takes.

    Attributes:
        keys: Name → kind of the value.
        required: Names that must be given.
        is_open: Whether it takes further names that nothing is known of.
        defaults: Values of keys that are not given, where a rule asks for them.
    """

    keys: Mapping[str, Kind] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    is_open: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def dump(self) -> dict[str, Any]:
        """As it stands in the file."""
        data: dict[str, Any] = dict(keys=dict(self.keys))
        if self.required:
            data['required'] = list(self.required)
        if self.is_open:
            data['open'] = True
        if self.defaults:
            data['defaults'] = dict(self.defaults)
        return data

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Signature:
        """From the file."""
        required, is_open = tuple(data.get('required', ())), data.get('open', False)
        return cls(data['keys'], required, is_open, data.get('defaults', {}))


class Schema:
    """All that a config may say.

    Args:
        data: Content of the file.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data

    def registries(self) -> Iterator[str]:
        """Names of the registries."""
        return iter(self.data['types'])

    def names(self, registries: list[str]) -> list[str]:
        """All types that the registries know."""
        return [name for registry in registries for name in self.data['types'][registry]]

    def knows(self, registries: list[str], name: str) -> bool:
        """Whether one of the registries has the type."""
        return any(name in self.data['types'][registry] for registry in registries)

    def signature(self, registries: list[str], name: str) -> Signature | None:
        """What a type takes; None where only its name is known."""
        for registry in registries:
            found = self.data['types'][registry].get(name)
            if found is not None:
                return Signature.load(found)
        return None

    def record(self, name: str) -> Signature:
        """What a dict without a type takes."""
        return Signature.load(self.data['records'][name])

    @functools.cached_property
    def is_of_this_stack(self) -> bool:
        """Whether the installed releases are those whose types the schema lists."""
        return self.data['stack'] == installed_stack()


def installed_stack() -> dict[str, str]:
    """Releases of the packages that stock types come from."""
    return {name: metadata.version(name).partition('+')[0] for name in STACK if _has(name)}


def _has(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


@functools.lru_cache(maxsize=1)
def shipped_schema() -> Schema:
    """The schema of this release."""
    return Schema(json.loads(FILE.read_text(encoding='utf-8')))
