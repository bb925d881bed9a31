"""A config against the schema, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmgenprior.cli.checking.kinds import (
    Kind,
    candidates,
    fits_scalar,
    is_data,
    said,
    shown,
    word_of,
)
from mmgenprior.cli.checking.schema import COMMON_KEYS, Schema, Signature
from mmgenprior.damages import DamageError, parse_damage
from mmgenprior.utils.names import listed, nearest
from mmgenprior.weights.catalogue import catalogue

# Scopes of MMEngine whose types the schema lists.
SCOPES = frozenset(('mmengine', 'mmagic', 'mmgenprior'))


class Walk:
    """Finds the mistakes of a config.

    Args:
        schema: What a config may say.
        admits_unknown: Whether types that the schema does not have may be registered by a module
            of the user's.
    """

    def __init__(self, schema: Schema, admits_unknown: bool = False) -> None:
        self.schema = schema
        self.admits_unknown = admits_unknown

    def config(self, cfg: Mapping[str, Any]) -> Iterator[str]:
        """All mistakes of a config, each a line that begins with the path of the key.

        Keys at the top that the Runner does not read are variables of the config; one that is
        nearly called as one that it does read is a mistake.
        """
        record = self.schema.record('config')
        for key, value in cfg.items():
            if key in record.keys:
                yield from self.value(record.keys[key], value, key)
            elif self._is_slip(key, record):
                yield f'{key}: there is no such key{nearest(key, record.keys)}'

    @staticmethod
    def _is_slip(key: str, record: Signature) -> bool:
        near = nearest(key, record.keys, cutoff=0.85)
        return bool(near) and not key.startswith('_')

    def value(self, kind: list[Kind], value: Any, path: str) -> Iterator[str]:
        """Mistakes of a value that should be of the kind."""
        if 'any' in kind or not is_data(value):
            return
        if isinstance(value, (Mapping, list, tuple)):
            choices = candidates(kind, value)
            if not choices:
                yield f'{path} must be {said(kind)}, not {shown(value)}'
                return
            # The first that has no mistake; else those of the one that is meant most likely.
            found = [list(self._container(choice, value, path)) for choice in choices]
            yield from min(found, key=len)
        elif any(fits_scalar(alternative, value) for alternative in kind):
            if isinstance(value, str):
                yield from self._name(kind, value, path)
        else:
            yield f'{path} must be {said(kind)}, not {shown(value)}'

    def _name(self, kind: list[Kind], value: str, path: str) -> Iterator[str]:
        """A text that is the name of a prior or of a damage."""
        words = {word_of(alternative) for alternative in kind}
        if 'damage' in words:
            try:
                parse_damage(value).config()
            except DamageError as error:
                yield f'{path}: {error}'
        if 'prior' in words and value not in catalogue():
            hint = nearest(value, catalogue()) or '; `mmgenprior download --list` names all'
            yield f"{path}: there is no prior '{value}'{hint}"

    def _container(self, kind: Kind, value: Any, path: str) -> Iterator[str]:
        word = word_of(kind)
        inner = kind[word] if isinstance(kind, Mapping) else None
        if word == 'list' and inner is not None:
            length = kind.get('length')
            if length is not None and len(value) != length:
                yield f'{path} must be a list of {length}, not {shown(value)}'
            for index, item in enumerate(value):
                yield from self.value(inner, item, f'{path}.{index}')
        elif word == 'map':
            others = kind.get('except', {})
            for key, item in value.items():
                if key not in COMMON_KEYS:
                    yield from self.value(others.get(key, inner), item, f'{path}.{key}')
        elif word in ('record', 'part'):
            signature = self.schema.record(inner)
            yield from self._keys(signature, value, path, 'it', is_part=word == 'part')
        elif word == 'arguments':
            registry, name = inner
            signature = self.schema.signature([registry], name)
            yield from self._keys(signature, value, path, name, is_part=True)
        elif word == 'type':
            extra = kind.get('extra', ())
            plain = {key: item for key, item in value.items() if key not in extra}
            yield from self._component(inner, kind.get('default'), plain, path)

    def _component(
        self, registries: list[str], default: str | None, value: Mapping, path: str
    ) -> Iterator[str]:
        name = value.get('type', default)
        if name is None:
            yield f"{path}: 'type' is missing, the name of a {registries[0]}"
            return
        if not isinstance(name, str):
            if is_data(name):
                yield f'{path}.type must be text, not {shown(name)}'
            return
        scope, _, bare = name.rpartition('.')
        name = bare if scope in SCOPES else name
        if not self.schema.knows(registries, name):
            yield from self._unknown(registries, name, path)
            return
        signature = self.schema.signature(registries, name)
        if name == 'zoo' and signature is not None:
            signature = self._with_overrides(signature, value)
        if signature is not None:
            yield from self._keys(signature, value, path, name)

    def _unknown(self, registries: list[str], name: str, path: str) -> Iterator[str]:
        hint = nearest(name, self.schema.names(registries))
        # A dotted name is imported as it stands, and another release may have other types.
        other = '.' in name or (not hint and not self.schema.is_of_this_stack)
        if not (self.admits_unknown or other):
            yield f"{path}.type: there is no {registries[0]} '{name}'{hint}"

    def _with_overrides(self, signature: Signature, value: Mapping) -> Signature:
        """A prior of the catalogue takes what its own type takes too."""
        entry = catalogue().get(value.get('name')) if isinstance(value.get('name'), str) else None
        own = self.schema.signature(['model'], entry.prior['type']) if entry else None
        if own is None:
            return signature
        keys = {**own.keys, **signature.keys}
        if 'generator' in keys:
            keys['generator'] = ['dict', 'any']  # merged with the entry's
        return Signature(keys, signature.required, own.is_open)

    def _keys(
        self, signature: Signature, value: Mapping, path: str, owner: str, is_part: bool = False
    ) -> Iterator[str]:
        """Mistakes of a dict that is given to something as its arguments."""
        for key, item in value.items():
            if key in signature.keys:
                yield from self.value(signature.keys[key], item, f'{path}.{key}')
            elif key not in COMMON_KEYS and not signature.is_open:
                known = list(signature.keys)
                hint = nearest(str(key), known) or f'; {owner} takes {listed(known, 12) or "none"}'
                yield f'{path}.{key}: there is no such key{hint}'
        missing = [key for key in signature.required if key not in value]
        if missing and not is_part:
            yield f'{path}: {_quoted(missing)} is missing'


def _quoted(names: Sequence[str]) -> str:
    return ' and '.join(f"'{name}'" for name in names)
