"""Write ``mmgenprior/stock/types.json``: ``python -m mmgenprior.cli.checking.stock_types``."""

from __future__ import annotations

import json
from importlib import metadata
from typing import Any

from mmgenprior.stock import FILE, REGISTRIES, import_everything


def stock_types() -> dict[str, Any]:
    """Registry → type → module of MMagic that registers it."""
    import mmagic.registry

    import mmgenprior.components  # noqa: F401

    import_everything()
    types = {}
    for name in REGISTRIES:
        registry = getattr(mmagic.registry, name)
        registry.import_from_location()
        found = {key: cls.__module__ for key, cls in sorted(registry.module_dict.items())}
        types[name] = {k: module for k, module in found.items() if module.startswith('mmagic.')}
    return dict(mmagic=metadata.version('mmagic'), types=types)


def dump(content: dict[str, Any]) -> str:
    """The text of the file."""
    return json.dumps(content, indent=1) + '\n'


if __name__ == '__main__':
    FILE.write_text(dump(stock_types()), encoding='utf-8')
    print(FILE)
