"""MMagic's packages on demand: a command imports of MMagic what its config names.

``import mmagic.models`` imports some 80 methods and with them diffusers and transformers, which
take longer than all the rest. After :func:`import_on_demand` a package of :data:`PACKAGES` runs its
``__init__`` no sooner than something is asked of it that none of its ``from .x import name`` lines
tells; what they tell is imported from there alone. A registry that is asked for a type imports the
module that registers it (``types.json``, a test compares it with the code), and everything where
the file knows no such type: nothing can be had less than before, it only comes later.

The commands do so. ``import mmgenprior`` does not, and no file of MMagic is changed.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import importlib.abc
import importlib.util
import json
import sys
import threading
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from mmgenprior.import_hooks import Execute, followed_spec

FILE = Path(__file__).with_name('types.json')
PACKAGES = (
    'mmagic.models',
    'mmagic.models.archs',
    'mmagic.models.editors',
    'mmagic.models.losses',
    'mmagic.datasets',
    'mmagic.datasets.transforms',
    'mmagic.evaluation',
    'mmagic.evaluation.metrics',
    'torchvision',  # deepinv imports it whole, and with it torch's compiler
)
# Names of the registries, in mmagic.registry, whose types lie in those packages.
REGISTRIES = ('MODELS', 'DATASETS', 'TRANSFORMS', 'METRICS', 'EVALUATORS')
_lock = threading.RLock()


def import_on_demand() -> None:
    """Arrange it for what is not imported yet; idempotent, and nothing for another MMagic."""
    if any(isinstance(finder, OnDemand) for finder in sys.meta_path):
        return
    if 'mmagic.models' in sys.modules or 'mmagic.registry' in sys.modules:
        return
    with contextlib.suppress(metadata.PackageNotFoundError):  # who imports it says so
        if _known()['mmagic'] == metadata.version('mmagic'):
            sys.meta_path.insert(0, OnDemand())


def import_everything() -> None:
    """Import what was put off; for those who look at all types of a registry."""
    for name in PACKAGES:
        _run(importlib.import_module(name))


@functools.lru_cache(maxsize=1)
def _known() -> dict[str, Any]:
    return json.loads(FILE.read_text(encoding='utf-8'))


class OnDemand(importlib.abc.MetaPathFinder):
    """First finder of ``sys.meta_path``: puts off the ``__init__`` of :data:`PACKAGES`."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None):
        """The spec of the next finders, with another ``exec_module``."""
        if fullname not in PACKAGES and fullname != 'mmagic.registry':
            return None
        later = _execute_and_watch if fullname == 'mmagic.registry' else _execute_later

        def put_off(execute: Execute) -> Execute:
            return functools.partial(later, execute)

        return followed_spec(self, fullname, path, target, put_off)


def _execute_later(execute: Execute, module: ModuleType) -> None:
    told = _imports_of(Path(module.__spec__.origin))

    def get(name: str) -> Any:
        """An attribute that is not there yet."""
        if name in told:
            source, original = told[name]
            value = getattr(importlib.import_module(f'{module.__name__}.{source}'), original)
            setattr(module, name, value)
            return value
        if name.startswith('__') and name not in ('__all__', '__version__'):
            raise AttributeError(f'module {module.__name__!r} has no attribute {name!r}')
        if importlib.util.find_spec(f'{module.__name__}.{name}') is not None:
            return importlib.import_module(f'{module.__name__}.{name}')
        _run(module)
        return getattr(module, name)

    module.__getattr__ = get
    module._put_off = execute


def _run(module: ModuleType) -> None:
    """Run the ``__init__`` of a package whose turn was put off."""
    with _lock:
        execute = vars(module).pop('_put_off', None)
        if execute is not None:
            del module.__getattr__
            execute(module)


def _imports_of(path: Path) -> dict[str, tuple[str, str]]:
    """Name → (submodule, its name there) of the ``from .x import name`` lines of a file."""
    found = {}
    body = ast.parse(path.read_text(encoding='utf-8')).body
    tried = [node for part in body if isinstance(part, ast.Try) for node in part.body]
    for node in (*tried, *body):
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
            for alias in node.names:
                if alias.name != '*':
                    found[alias.asname or alias.name] = (node.module, alias.name)
    return found


def _execute_and_watch(execute: Execute, module: ModuleType) -> None:
    execute(module)
    for name, registry in vars(module).items():
        if isinstance(registry, module.Registry):
            known = _known()['types'].get(name, {})
            registry.get = functools.partial(_get, registry, known)


def _get(registry: Any, known: dict[str, str], key: str) -> Any:
    """``Registry.get`` that imports the module of a type first."""
    scope, _, name = key.rpartition('.') if isinstance(key, str) else ('other', '', '')
    if scope in ('', registry.scope):
        if name not in registry.module_dict and name in known:
            importlib.import_module(known[name])
        if not _has(registry, name):
            import_everything()
    return type(registry).get(registry, key)


def _has(registry: Any, name: str) -> bool:
    """Whether a type is there, or is one of the framework's below MMagic."""
    while registry is not None and name not in registry.module_dict:
        registry = registry.parent
    return registry is not None
