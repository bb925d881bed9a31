"""All checks of a config that need neither torch nor MMagic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mmgenprior.cli.checking.rules import broken_rules
from mmgenprior.cli.checking.schema import Schema, shipped_schema
from mmgenprior.cli.checking.walk import SCOPES, Walk
from mmgenprior.utils.errors import ConfigError


def mistakes(
    cfg: Mapping[str, Any], purpose: str | None = None, schema: Schema | None = None
) -> list[str]:
    """What is wrong with a config, a line for each mistake, beginning with the path of its key.

    Args:
        cfg: The config as plain dicts and lists.
        purpose: ``'test'`` or ``'train'``: what the config must be good for; None is either.
        schema: The shipped one by default.

    Returns:
        The lines; none if all is well.
    """
    found = list(Walk(schema or shipped_schema(), _registers_more(cfg)).config(cfg))
    # The rules take the kinds for granted.
    return found or list(broken_rules(cfg, purpose))


def check(cfg: Mapping[str, Any], source: str, purpose: str | None = None) -> None:
    """Refuse a config that has a mistake.

    Args:
        cfg: As for :func:`mistakes`.
        source: Name of the config, for the message.
        purpose: As for :func:`mistakes`.

    Raises:
        ConfigError: Naming the first mistake, and how many more there are.
    """
    found = mistakes(cfg, purpose)
    if found:
        more = f' ({len(found) - 1} more: `mmgenprior check` lists all)' if found[1:] else ''
        raise ConfigError(f"config '{source}': {found[0]}{more}")


def _registers_more(cfg: Mapping[str, Any]) -> bool:
    """Whether modules of the user's may register types."""
    return any(not _is_listed(module) for module in custom_modules(cfg))


def custom_modules(cfg: Mapping[str, Any]) -> Iterator[str]:
    """Modules that a config imports."""
    custom = cfg.get('custom_imports')
    imports = custom.get('imports') if isinstance(custom, Mapping) else ()
    # Of another kind it is a mistake, which the schema tells.
    listed = imports if isinstance(imports, (list, tuple)) else [imports]
    for module in listed:
        if isinstance(module, str):
            yield module


def _is_listed(module: str) -> bool:
    return module.partition('.')[0] in SCOPES
