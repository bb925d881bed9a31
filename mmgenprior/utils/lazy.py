"""Names of a package that are imported when they are first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package (PEP 562) whose names live in its modules.

    Args:
        package: Its ``__name__``.
        homes: Name → module below the package that has it.
    """

    def resolve(name: str) -> Any:
        if name in homes:
            return getattr(importlib.import_module(f'{package}.{homes[name]}'), name)
        raise AttributeError(f'module {package!r} has no attribute {name!r}')

    return resolve
