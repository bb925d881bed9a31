"""Small helpers for configs."""

from __future__ import annotations

from typing import Any


def plain(config: Any) -> Any:
    """Config containers → plain dicts and lists, keys as text, to be hashed or pickled small."""
    if isinstance(config, dict):
        return {str(key): plain(value) for key, value in config.items()}
    if isinstance(config, (list, tuple)):
        return [plain(value) for value in config]
    return config
