"""Write ``schema.json`` from the registries: ``python -m mmgenprior.cli.checking.generate``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mmgenprior.cli.checking.kinds import NAMES, Kind, word_of
from mmgenprior.cli.checking.schema import FILE, Signature, installed_stack
from mmgenprior.cli.checking.signatures import record_of, records_of, signature_of
from mmgenprior.cli.checking.slots import GIVEN, OVERRIDES, RECORDS, REQUIRED, SLOTS, TAKEN

# Stock models whose keys are checked; of the others, and of those registries, names are known.
STOCK_MODELS = (
    'BigGAN',
    'BigGANDiscriminator',
    'BigGANGenerator',
    'DCGANDiscriminator',
    'DCGANGenerator',
    'DataPreprocessor',
    'ExponentialMovingAverage',
    'PGGANDiscriminator',
    'PGGANGenerator',
    'ProgressiveGrowingGAN',
)
NAMES_ONLY = ('model', 'diffusion scheduler', 'physics', 'model_wrapper', 'strategy')
# Of these every class that has it means the same.
_PLAIN = ('int', 'float', 'bool', 'str', 'none')
_ANYWHERE = ('pipeline',)


def generate() -> dict[str, Any]:
    """The content of the file."""
    types: dict[str, dict[str, Any]] = {}
    records: dict[str, Signature] = {
        name: Signature(keys, REQUIRED.get(name, ())) for name, keys in RECORDS.items()
    }
    for registry, components in sorted(registered().items()):
        types[registry] = {}
        for name, factory in sorted(components.items()):
            known = registry not in NAMES_ONLY or _is_ours(factory) or name in STOCK_MODELS
            types[registry][name] = None
            if known:
                types[registry][name] = component_signature(registry, name, factory).dump()
                records.update(_fields(factory))
    from mmgenprior.inversion import Stage

    records.update({'Stage': record_signature(Stage), **_fields(Stage)})
    kept = {name: record.dump() for name, record in sorted(records.items())}
    return dict(stack=installed_stack(), records=kept, types=types)


def registered() -> dict[str, dict[str, Any]]:
    """Registry → type → class, of MMEngine, MMagic and ours, and deepinv's operators."""
    import mmagic.registry
    import mmengine.registry

    import mmgenprior.components  # noqa: F401
    from mmgenprior import registry as own
    from mmgenprior.degradations import build
    from mmgenprior.stock import import_everything

    import_everything()

    found: dict[str, dict[str, Any]] = {}
    for module in (mmagic.registry, own, mmengine.registry):
        for registry in vars(module).values():
            if isinstance(registry, mmengine.registry.Registry):
                registry.import_from_location()
                name = registry.name.replace('log processor', 'log_processor')
                for key, value in registry.module_dict.items():
                    found.setdefault(name, {}).setdefault(key, value)
    theirs = {n: c for n, c in build._deepinv_operators().items() if n not in build.REFUSED}
    found['physics'] = {**theirs, **found['physics']}
    return found


def component_signature(registry: str, name: str, factory: Any) -> Signature:
    """What a config may give to a registered type."""
    plain = signature_of(factory)
    owners = [name, *(c.__name__ for c in getattr(factory, '__mro__', ()))]
    keys = {key: _slotted(owners, key, kind, _is_ours(factory)) for key, kind in plain.keys.items()}
    for key in keys:
        found = [OVERRIDES.get(f'{owner}.{key}') for owner in (name, registry)]
        keys[key] = next(filter(None, found), keys[key])
    given = GIVEN.get(registry, ())
    keys = {key: kind for key, kind in keys.items() if key not in given or key in SLOTTED}
    keys.update({k: v for k, v in TAKEN.get(registry, {}).items() if k not in keys})
    return Signature(keys, tuple(k for k in plain.required if k not in given), plain.is_open)


# Keys that the Runner may give and a config may too.
SLOTTED = ('optimizer', 'save_dir')


def record_signature(cls: type) -> Signature:
    """What a dict in place of a dataclass may have."""
    plain = record_of(cls)
    keys = {key: _slotted([cls.__name__], key, kind, True) for key, kind in plain.keys.items()}
    return Signature(keys, plain.required, plain.is_open)


def _fields(factory: Any) -> dict[str, Signature]:
    return {cls.__name__: record_signature(cls) for cls in records_of(factory)}


def _is_ours(factory: Any) -> bool:
    return getattr(factory, '__module__', '').startswith('mmgenprior.')


def _slotted(owners: list[str], key: str, kind: list[Kind], is_ours: bool) -> list[Kind]:
    qualified = (SLOTS.get(f'{owner}.{key}') for owner in owners)
    slot = next((found for found in qualified if found), None)
    if slot is None and (is_ours or (key in _ANYWHERE and kind != ['any'])):
        slot = SLOTS.get(key)
    if slot is not None:
        return list(_filled(kind, slot))
    if is_ours:
        return kind
    # Stock hints are trusted for what holds no other values, and not for whole numbers: code that
    # takes half an image says 'int' too.
    loose = ['float' if part == 'int' else part for part in kind]
    return list(dict.fromkeys(loose)) if all(part in _PLAIN for part in loose) else ['any']


def _filled(kind: list[Kind], slot: tuple[Kind, ...]) -> Iterator[Kind]:
    """A kind with what is known of its dicts, and of the names among its texts."""
    dicts = [part for part in slot if word_of(part) not in NAMES]
    names = [part for part in slot if word_of(part) in NAMES]
    for part in kind:
        word = word_of(part)
        if word in ('dict', 'any') or part == {'map': ['any']}:
            yield from dicts
        elif word == 'str' and names:
            yield from names
        elif word == 'list':
            inner = part['list'] if isinstance(part, Mapping) else ['any']
            yield {'list': list(_filled(inner, slot))}
        elif word == 'map':
            yield {'map': list(_filled(part['map'], slot))}
        else:
            yield part


def dump(schema: Mapping[str, Any]) -> str:
    """The text of the file, one type a line, so that a change shows where it is."""

    def block(name: str, entries: Mapping[str, Any], indent: str) -> str:
        lines = [f'{indent} {json.dumps(k)}: {json.dumps(v)}' for k, v in entries.items()]
        return f'{indent}{json.dumps(name)}: {{\n' + ',\n'.join(lines) + f'\n{indent}}}'

    types = ',\n'.join(block(name, entries, '  ') for name, entries in schema['types'].items())
    parts = [
        f' "stack": {json.dumps(schema["stack"])}',
        block('records', schema['records'], ' '),
        f' "types": {{\n{types}\n }}',
    ]
    return '{\n' + ',\n'.join(parts) + '\n}\n'


if __name__ == '__main__':
    FILE.write_text(dump(generate()), encoding='utf-8')
    print(FILE)
