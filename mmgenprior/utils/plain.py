"""Small helpers for configs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plain(config: Any) -> Any:
    """Config containers → plain dicts and lists, keys as text, to be hashed or pickled small."""
    if isinstance(config, dict):
        return {str(key): plain(value) for key, value in config.items()}
    if isinstance(config, (list, tuple)):
        return [plain(value) for value in config]
    return config


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """``below`` with what ``above`` says; dicts in both are merged, all else is replaced."""
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merged(old, value) if both else value
    return result
