"""The config of a run: found by name, read with its overrides, given a checkpoint.

Everything that can be said from the arguments alone is said before torch or MMagic is imported.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgenprior.cli.checking.check import check
from mmgenprior.cli.checking.data_files import SUFFIXES, code_in, load_data
from mmgenprior.cli.plugins import find_plugins
from mmgenprior.config_lookup import PREFIX, config_folders
from mmgenprior.utils.errors import ConfigError, UserError
from mmgenprior.utils.names import nearest
from mmgenprior.utils.paths import expand

if TYPE_CHECKING:
    from mmengine.config import Config

# Top-level keys that the Runner or this package reads, whether or not a config has them.
RUNNER_KEYS = frozenset(
    'auto_scale_lr cfg cudnn_benchmark custom_hooks custom_imports data_preprocessor default_hooks '
    'default_scope env_cfg experiment_name find_unused_parameters launcher load_from log_level '
    'log_processor model model_wrapper_cfg optim_wrapper param_scheduler randomness resume '
    'runner_type sync_bn test_cfg test_dataloader test_evaluator train_cfg train_dataloader '
    'val_cfg val_dataloader val_evaluator vis_backends visualizer work_dir'.split()
)


def find_config(name: str, others: Iterable[str] = (), what: str = 'config') -> Path:
    """Find a config by path, or one of ours by ``configs/NAME.py`` or ``NAME`` from any folder.

    ``mmgenprior::NAME``, as ``_base_`` and MMEngine's ``get_config`` have it, is one of ours too.

    Args:
        name: As given on the command line.
        others: What else the argument could have meant, to be suggested too.
        what: The name of the argument, for the message.

    Returns:
        The path of an existing file.

    Raises:
        UserError: If there is none, naming the most similar ones.
    """
    given = expand(name.removeprefix(PREFIX), what)
    if given.is_file():
        return given
    folders = config_folders()
    if given.parent in (Path('.'), Path('configs')):
        for folder in folders:
            for candidate in (folder / given.name, folder / f'{given.name}.py'):
                if candidate.is_file():
                    return candidate
    here = [given.parent] if given.parent.is_dir() else []
    known = {p.stem for folder in (*here, *folders) for p in folder.glob('*.py')} | {*others}
    where = f'; ours are in {folders[0]}' if folders and not nearest(given.stem, known) else ''
    raise UserError(f"{what} '{name}' not found{nearest(given.stem, known)}{where}")


def check_options(cfg: Mapping, options: Mapping[str, Any], source: str) -> None:
    """Catch misspelt override keys, which MMEngine would add to the config without a word.

    A new key inside a component may be one of its optional arguments: it is announced, and the
    component refuses it if it is not. A new key at the top has no reader: it is an error.

    Args:
        cfg: The config before the overrides.
        options: Overrides by dotted key.
        source: Name of the config, for the message.

    Raises:
        ConfigError: If a top-level key is unknown, or a key leads through a value that has no keys.
    """
    for key in options:
        node: Any = cfg
        parts = key.split('.')
        for depth, part in enumerate(parts):
            if isinstance(node, Mapping):
                if part in node:
                    node = node[part]
                    continue
                if depth == 0 and part in RUNNER_KEYS:
                    break
                hint = nearest(part, map(str, node))
                if depth == 0:
                    raise ConfigError(f"--cfg-options: '{key}': {source} has no '{part}'{hint}")
                path = '.'.join(parts[:depth])
                print(f"note: --cfg-options adds '{part}' to '{path}'{hint}", file=sys.stderr)
                break
            if isinstance(node, Sequence) and not isinstance(node, str):
                if part.isdigit() and int(part) < len(node):
                    node = node[int(part)]
                    continue
                last = len(node) - 1
                raise ConfigError(f"--cfg-options: '{key}': '{part}' is not an index in 0..{last}")
            path = '.'.join(parts[:depth])
            raise ConfigError(f"--cfg-options: '{key}': '{path}' is a single value in {source}")


def load_config(args: argparse.Namespace, purpose: str | None = None) -> Config:
    """Read the config as :func:`read_config` does, and refuse one that has a mistake.

    Args:
        args: Of a parser with :func:`mmgenprior.cli.arguments.add_config_arguments`.
        purpose: ``'test'`` or ``'train'``: what the config must be good for; None is either.

    Raises:
        UserError: If there is no such file.
        ConfigError: If its text, an override, a type, a key or a value is at fault.
    """
    cfg = read_config(args)
    check(cfg._cfg_dict.to_dict(), args.config, purpose)
    return cfg


def read_config(args: argparse.Namespace) -> Config:
    """Read the config with its overrides, launcher and work directory.

    Args:
        args: As for :func:`load_config`.

    Raises:
        UserError: If there is no such file.
        ConfigError: If its text or an override is at fault.
    """
    path = find_config(args.config)
    from mmengine.config import Config

    options = read_options(args.cfg_options or [])
    if path.suffix in SUFFIXES:
        cfg = Config(load_data(path, config_folders()))
        for line in code_in(cfg._cfg_dict.to_dict()):
            raise ConfigError(f"config '{args.config}': {line}")
    else:
        cfg = _run_file(path)
    find_plugins(cfg, path)
    check_options(cfg._cfg_dict, options, path.name)
    _merge(cfg, options)
    cfg.launcher = args.launcher
    # As in MMagic: command line, then config, then a folder named after the config.
    if args.work_dir:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs') / path.stem)
    if isinstance(cfg.work_dir, str):
        check_work_dir(cfg.work_dir)
    return cfg


def read_options(words: Sequence[str]) -> dict[str, Any]:
    """Overrides by dotted key, with their values read."""
    if not words:
        return {}
    from mmengine.config import DictAction

    reader = argparse.ArgumentParser()
    reader.add_argument('--cfg-options', nargs='+', action=DictAction)
    try:
        return reader.parse_args(['--cfg-options', *words]).cfg_options
    except RecursionError:  # what MMEngine makes of commas inside a call
        raise ConfigError(
            f'--cfg-options: {" ".join(words)}: a value is a number, a word or a list of them; '
            'write dict(...) into a config of your own, whose _base_ is this one'
        ) from None
    except (AssertionError, ValueError, IndexError) as error:
        reason = ' '.join(str(error).split())
        raise ConfigError(f'--cfg-options: {" ".join(words)}: {reason}') from error


def nested(options: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides by dotted key as dicts within dicts.

    Raises:
        ConfigError: If a key leads through the value of another.
    """
    result: dict[str, Any] = {}
    for key, value in options.items():
        *path, last = key.split('.')
        place = result
        for part in path:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise ConfigError(f"--options: '{key}' leads through the value of '{part}'")
        place[last] = value
    return result


def _run_file(path: Path) -> Config:
    from mmengine.config import Config

    if path.suffix != '.py':
        raise ConfigError(
            f"config '{path}' must end in .py, or, as data, in one of {', '.join(SUFFIXES)}"
        )
    try:
        # Custom imports are heavy: build_runner() makes them when everything else is in order.
        return Config.fromfile(path, import_custom_modules=False)
    except Exception as error:
        # Only the config's own text runs here.
        lines = ' '.join(str(error).split())
        raise ConfigError(f"config '{path}': {type(error).__name__}: {lines}") from error


def _merge(cfg: Config, options: Mapping[str, Any]) -> None:
    try:
        cfg.merge_from_dict(options)
    except (TypeError, KeyError) as error:
        reason = ' '.join(str(error).split())
        raise ConfigError(f'--cfg-options: {reason}') from error


def check_work_dir(work_dir: str) -> None:
    """See that the folder of all outputs is none of the files.

    Raises:
        ConfigError: If it is, or lies below one.
    """
    folder = expand(work_dir, 'work_dir')
    for part in (folder, *folder.parents):
        if part.is_dir():
            return
        if part.exists():
            raise ConfigError(f"work_dir '{work_dir}': '{part}' is a file; give a folder")


def set_checkpoint(cfg: Config, checkpoint: str | None) -> None:
    """Put the command line's checkpoint where the model expects one.

    Args:
        cfg: Changed in place: ``model.prior.checkpoint`` where the model has a prior,
            ``model.checkpoint`` where it has that, else ``load_from``.
        checkpoint: Path, URL or, for a prior, a name in the zoo; ``None`` or ``'none'`` leaves the
            config's own.

    Raises:
        UserError: If it is none of them.
    """
    if checkpoint is None or checkpoint.lower() == 'none':
        return
    if '://' not in checkpoint:
        from mmgenprior.weights.resolve import find_checkpoint

        found = find_checkpoint(checkpoint)
        # MMEngine, which reads load_from, knows neither our folder nor '~'.
        checkpoint = str(found) if isinstance(found, Path) else checkpoint
    model = cfg.get('model')
    prior = model.get('prior') if isinstance(model, Mapping) else None
    if isinstance(prior, str):
        model.prior = dict(type='zoo', name=prior, checkpoint=checkpoint)
    elif isinstance(prior, Mapping):
        prior.checkpoint = checkpoint
    elif isinstance(model, Mapping) and 'checkpoint' in model:
        model.checkpoint = checkpoint
    else:
        cfg.load_from = checkpoint
