"""Configs by the name of an installed package, ``mmgenprior::NAME`` beside ``mmagic::NAME``.

MMEngine has a list of the packages that may be named so, wants a folder in the name, and asks
setuptools' ``pkg_resources`` where a package lies, which setuptools 82 dropped. The repairs here
are run by :mod:`mmgenprior.compat`.
"""

from __future__ import annotations

import difflib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

PREFIX = 'mmgenprior::'
_PACKAGE = Path(__file__).resolve().parent


def config_folders() -> list[Path]:
    """Where this package's configs lie: the clone, or the folder an installed package carries."""
    folders = (_PACKAGE.parent / 'configs', _PACKAGE / '.mim' / 'configs')
    return [folder for folder in folders if folder.is_dir()]


def own_config(name: str) -> Path:
    """The file of a config of this package.

    Args:
        name: Path below ``configs``, with or without ``mmgenprior::`` and the suffix.

    Raises:
        FileNotFoundError: If there is none, naming the nearest.
    """
    plain = name.removeprefix(PREFIX).removesuffix('.py')
    known = {
        path.relative_to(folder).with_suffix('').as_posix(): path
        for folder in config_folders()
        for path in folder.rglob('*.py')
    }
    if plain not in known:
        near = difflib.get_close_matches(plain, sorted(known), n=3)
        hint = f' (did you mean {", ".join(near)}?)' if near else ''
        raise FileNotFoundError(f"mmgenprior has no config '{plain}'{hint}")
    return known[plain]


def _replace(old: Callable, new: Callable) -> None:
    """Put a function in the place of another wherever MMEngine has imported it to."""
    new.__name__, new.__doc__ = old.__name__, old.__doc__
    for name, module in list(sys.modules.items()):
        if name.partition('.')[0] == 'mmengine' and vars(module).get(old.__name__) is old:
            setattr(module, old.__name__, new)


def repair_package_lookup(module: ModuleType) -> None:
    """Let ``mmengine.utils`` find packages where there is no ``pkg_resources``."""
    if importlib.util.find_spec('pkg_resources') is not None:
        return

    def is_installed(package: str) -> bool:
        try:
            importlib.metadata.distribution(package)
        except importlib.metadata.PackageNotFoundError:
            spec = importlib.util.find_spec(package)
            return spec is not None and spec.origin is not None
        return True

    def get_installed_path(package: str) -> str:
        spec = importlib.util.find_spec(package)
        if spec is None:
            # The name of a distribution, e.g. mmcv-lite, is not that of its module.
            text = importlib.metadata.distribution(package).read_text('top_level.txt') or ''
            spec = importlib.util.find_spec((text.split() or [package])[0])
        if spec is None or spec.origin is None:
            raise RuntimeError(f'{package}: no module of an installed package')
        return str(Path(spec.origin).parent)

    _replace(module.is_installed, is_installed)
    _replace(module.get_installed_path, get_installed_path)


def repair_config(module: ModuleType) -> None:
    """Let ``_base_`` name a config of this package."""
    stock = module.Config._get_cfg_path

    def get_cfg_path(cfg_path: str, filename: str) -> tuple[str, str | None]:
        if cfg_path.startswith(PREFIX):
            # No scope of its own: its types are registered with MMagic, as its configs say.
            return str(own_config(cfg_path)), None
        return stock(cfg_path, filename)

    module.Config._get_cfg_path = staticmethod(get_cfg_path)


def repair_hub(module: ModuleType) -> None:
    """Let ``mmengine.hub`` give configs of this package, and their models."""
    stock_config, stock_model = module.get_config, module.get_model

    def get_config(cfg_path: str, pretrained: bool = False) -> Any:
        if not cfg_path.startswith(PREFIX):
            return stock_config(cfg_path, pretrained)
        return module.Config.fromfile(own_config(cfg_path))

    def get_model(cfg_path: str, pretrained: bool = False, **kwargs: Any) -> Any:
        if not cfg_path.startswith(PREFIX):
            return stock_model(cfg_path, pretrained, **kwargs)
        # Importing what the config imports registers its types; priors load their own weights.
        config = get_config(cfg_path)
        with module.DefaultScope.overwrite_default_scope(config.default_scope):
            return module.MODELS.build(config.model, default_args=kwargs)

    _replace(stock_config, get_config)
    _replace(stock_model, get_model)
