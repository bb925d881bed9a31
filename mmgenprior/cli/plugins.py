"""Modules of the user's that a config imports, installed or beside the config."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mmgenprior.cli.checking.check import custom_modules
from mmgenprior.cli.checking.walk import SCOPES
from mmgenprior.utils.errors import ConfigError

if TYPE_CHECKING:
    from mmengine.config import Config

# Set in the resolved config, so that its copy in the work dir finds them as well.
FOLDER = 'plugin_folder'


def find_plugins(cfg: Config, path: Path) -> None:
    """See that every module can be found, before anything heavy is imported.

    Args:
        cfg: The config; ``plugin_folder`` is set in it if a module lies beside it.
        path: Its file.

    Raises:
        ConfigError: If a module is nowhere, or beside the config and in the environment too.
    """
    folders = [path.resolve().parent, *map(Path, filter(None, [cfg.get(FOLDER)]))]
    for module in custom_modules(cfg):
        name = module.partition('.')[0]
        if name in SCOPES:
            continue
        beside = next((folder for folder in folders if _lies_in(folder, name)), None)
        spec = importlib.util.find_spec(name) if name.isidentifier() else None
        if beside is not None:
            if spec is not None and not _is_from(spec.origin, beside):
                raise ConfigError(
                    f"custom_imports: '{name}' lies in {beside}, but Python has a module of that "
                    f'name ({spec.origin}): rename yours'
                )
            cfg[FOLDER] = str(beside)
        elif spec is None and not cfg.custom_imports.get('allow_failed_imports'):
            raise ConfigError(
                f"custom_imports: there is no module '{name}': put {name}.py beside the config "
                f'({folders[0]}), or install it'
            )


def import_plugins(cfg: Config) -> None:
    """Import what the config asks for, so that its types are registered.

    Args:
        cfg: As :func:`mmgenprior.cli.configs.read_config` returns it.
    """
    if not cfg.get('custom_imports'):
        return
    from mmengine.utils import import_modules_from_strings

    # At the end, where files beside a config hide nobody's module; worker processes get it too.
    if cfg.get(FOLDER) and cfg[FOLDER] not in sys.path:
        sys.path.append(cfg[FOLDER])
    import_modules_from_strings(**cfg.custom_imports)


def _lies_in(folder: Path, name: str) -> bool:
    return (folder / f'{name}.py').is_file() or (folder / name / '__init__.py').is_file()


def _is_from(origin: str | None, folder: Path) -> bool:
    return origin is not None and Path(origin).resolve().is_relative_to(folder)
