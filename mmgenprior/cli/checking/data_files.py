"""Configs that are data: YAML or JSON, of which nothing executes.

A config in Python is a program, and so is every module that its ``custom_imports`` name. A data
file names types of the schema alone: MMEngine would import any other, dotted name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgenprior.cli.checking.check import custom_modules
from mmgenprior.cli.checking.schema import Schema, shipped_schema
from mmgenprior.cli.checking.walk import SCOPES
from mmgenprior.utils.errors import ConfigError
from mmgenprior.utils.names import nearest
from mmgenprior.utils.plain_yaml import FAULTS, load_yaml, read_text

if TYPE_CHECKING:
    from mmengine.config import ConfigDict

SUFFIXES = ('.yml', '.yaml', '.json')
_DEEPEST = 20
# Keys whose text MMEngine looks up, and imports where no registry has it.
_LOOKED_UP = ('type', 'constructor', 'runner_type')
_OURS = 'mmgenprior.components'


def load_data(path: Path, folders: list[Path], depth: int = 0) -> ConfigDict:
    """Read a config that is data.

    Args:
        path: The file, YAML or JSON.
        folders: Where this package's own configs lie; ``_base_`` may name them too.
        depth: How many files have this one as a base.

    Returns:
        The config with its bases merged.

    Raises:
        ConfigError: If it cannot be read, or says what only code may.
    """
    from mmengine.config import Config, ConfigDict

    content = _read(path)
    _check_plain(content, path)
    bases = content.pop('_base_', [])
    if not isinstance(bases, (str, list)) or not all(isinstance(b, str) for b in bases):
        raise ConfigError(f"config '{path}': _base_ must be a name or a list of names")
    if depth > _DEEPEST:
        raise ConfigError(f"config '{path}': its _base_ are nested too deep, or name one another")
    merged = ConfigDict()
    for name in [bases] if isinstance(bases, str) else bases:
        found = _base(name, path, folders)
        if found.suffix in SUFFIXES:
            base = load_data(found, folders, depth + 1)
        else:
            base = Config.fromfile(found, import_custom_modules=False)._cfg_dict
        merged = _merge(base, merged, path)
    return _merge(ConfigDict(content), merged, path)


def _merge(new: ConfigDict, old: ConfigDict, path: Path) -> ConfigDict:
    from mmengine.config import Config

    try:
        return Config._merge_a_into_b(new, old)
    except (TypeError, KeyError) as error:
        reason = ' '.join(str(error).split())
        raise ConfigError(f"config '{path}' does not fit its _base_: {reason}") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        text = read_text(path)
        content = json.loads(text) if path.suffix == '.json' else load_yaml(text)
    except FAULTS as error:
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise ConfigError(f"config '{path}' cannot be read: {reason}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"config '{path}' must hold keys and values")
    return content


def _base(name: str, path: Path, folders: list[Path]) -> Path:
    """A data file beside this one, or one of our own configs."""
    if Path(name).suffix in SUFFIXES:
        found = path.parent / name
        if not found.is_file():
            raise ConfigError(f"config '{path}': _base_ '{name}' not found")
        return found
    known = {p.relative_to(f).with_suffix('').as_posix(): p for f in folders for p in _ours(f)}
    plain = name.removesuffix('.py').removeprefix('configs/')
    if plain not in known:
        raise ConfigError(
            f"config '{path}': _base_ '{name}' is neither a data file nor one of our configs"
            f'{nearest(plain, known)}'
        )
    return known[plain]


def _ours(folder: Path) -> Iterator[Path]:
    yield from folder.glob('*.py')
    yield from folder.glob('_base_/**/*.py')


def _check_plain(content: Any, path: Path) -> None:
    """Refuse keys that are no text, which YAML has."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            if not isinstance(key, str):
                raise ConfigError(f"config '{path}': the key {key!r} is no text")
            _check_plain(value, path)
    elif isinstance(content, list):
        for value in content:
            _check_plain(value, path)


def code_in(cfg: Mapping[str, Any], schema: Schema | None = None) -> Iterator[str]:
    """What would import or run something that this package and its framework do not list.

    Args:
        cfg: A config that was read as data.
        schema: The shipped one by default.
    """
    schema = schema or shipped_schema()
    known = {'Runner', *schema.names(list(schema.registries()))}
    for module in custom_modules(cfg):
        if module != _OURS:
            yield f"custom_imports: '{module}' is code, and a file of data imports none"
    yield from _named_code(cfg, '', known)


def _named_code(value: Any, path: str, known: set[str]) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            here = f'{path}.{key}' if path else str(key)
            is_scope = key in ('_scope_', 'default_scope')
            if isinstance(item, str) and (key in _LOOKED_UP or is_scope):
                scope, _, name = item.rpartition('.')
                fits = item in SCOPES if is_scope else name in known and scope in {'', *SCOPES}
                if not fits:
                    yield f"{here}: '{item}' is no type that this package lists"
            else:
                yield from _named_code(item, here, known)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _named_code(item, f'{path}.{index}', known)
