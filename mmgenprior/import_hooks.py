"""Doing something as a module is imported, whoever imports it; nothing but the standard library."""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Execute = Callable[[ModuleType], None]


def followed_spec(
    finder: importlib.abc.MetaPathFinder,
    fullname: str,
    path: Any,
    target: Any,
    follow: Callable[[Execute], Execute],
) -> ModuleSpec | None:
    """The spec that the finders after one find, with another ``exec_module``.

    Args:
        finder: Who asks; it is passed over.
        fullname: As of ``find_spec``.
        path: As of ``find_spec``.
        target: As of ``find_spec``.
        follow: ``exec_module`` of the spec's loader to what takes its place.

    Returns:
        None where no other finder knows the module.
    """
    for other in sys.meta_path:
        if other is finder or not hasattr(other, 'find_spec'):
            continue
        spec = other.find_spec(fullname, path, target)
        if spec is not None:
            # On the loader's instance, so that the loader stays of its class (resources, sources).
            spec.loader.exec_module = follow(spec.loader.exec_module)
            return spec
    return None
