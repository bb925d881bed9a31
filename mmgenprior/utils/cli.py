"""What the command-line tools share: arguments, config, errors.

Everything that can be said from the arguments alone is said before torch or MMagic is imported.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mmgenprior
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.explain import explain
from mmgenprior.utils.launch import free_threads
from mmgenprior.utils.names import nearest
from mmgenprior.utils.paths import expand

if TYPE_CHECKING:
    from mmengine.config import Config
    from mmengine.runner import Runner

# Top-level keys that the Runner or this module reads, whether or not a config has them.
RUNNER_KEYS = frozenset(
    'auto_scale_lr cfg cudnn_benchmark custom_hooks custom_imports data_preprocessor default_hooks '
    'default_scope env_cfg experiment_name find_unused_parameters launcher load_from log_level '
    'log_processor model model_wrapper_cfg optim_wrapper param_scheduler randomness resume '
    'runner_type sync_bn test_cfg test_dataloader test_evaluator train_cfg train_dataloader '
    'val_cfg val_dataloader val_evaluator vis_backends visualizer work_dir'.split()
)


def argument_parser(description: str) -> argparse.ArgumentParser:
    """Parser with the arguments of MMagic's tools that ``test.py`` and ``train.py`` share."""
    parser = argparse.ArgumentParser(
        description=description,
        epilog='MGP_DEBUG=1 in the environment does the same as --debug.',
    )
    parser.add_argument('config', help='config file; its name alone is enough for one of ours')
    parser.add_argument('--work-dir', help='folder of all outputs (./work_dirs/<config name>)')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        metavar='KEY=VALUE',
        help='override settings of the config, e.g. model.seed=1; a list is key="[a,b]" or '
        'key=a,b, nested lists and tuples are key="[(a,b),(c,d)]" with the quotes and no blank',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='what starts the processes of a distributed run',
    )
    # torch.distributed.launch passes one spelling or the other.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    parser.add_argument('--debug', action='store_true', help='show the traceback of every error')
    return parser


def run(main: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser) -> None:
    """Parse the arguments, call ``main`` and turn a user's error into one line and status 1.

    Args:
        main: The work, given the parsed arguments.
        parser: As :func:`argument_parser` made it, with the tool's own arguments added.
    """
    args = parser.parse_args()
    for option in getattr(args, 'cfg_options', None) or ():
        key, separator, _ = option.partition('=')
        if not (key and separator):
            parser.error(f"--cfg-options: '{option}' is not of the form KEY=VALUE")
    os.environ.setdefault('LOCAL_RANK', str(getattr(args, 'local_rank', 0)))
    try:
        free_threads()  # the number is read once, when the first library that has threads is loaded
        main(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader, e.g. `head`, has seen enough; Python would complain again when it closes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        line = explain(error)
        if line is None or args.debug or os.environ.get('MGP_DEBUG', '0') not in ('', '0'):
            raise
        sys.exit(f'error: {line}')


def config_folders() -> list[Path]:
    """Where this package's configs lie: the clone, or the folder an installed package carries."""
    package = Path(mmgenprior.__file__).resolve().parent
    return [p for p in (package.parent / 'configs', package / '.mim' / 'configs') if p.is_dir()]


def whole_number(least: int) -> Callable[[str], int]:
    """Type of a command-line argument: an integer that is not below ``least``."""

    def number(text: str) -> int:
        if not text.removeprefix('-').isdecimal():
            raise argparse.ArgumentTypeError(f"'{text}' is no whole number")
        if int(text) < least:
            raise argparse.ArgumentTypeError(f'{text} must be {least} or more')
        return int(text)

    return number


def find_config(name: str, others: Iterable[str] = (), what: str = 'config') -> Path:
    """Find a config by path, or one of ours by ``configs/NAME.py`` or ``NAME`` from any folder.

    Args:
        name: As given on the command line.
        others: What else the argument could have meant, to be suggested too.
        what: The name of the argument, for the message.

    Returns:
        The path of an existing file.

    Raises:
        UserError: If there is none, naming the most similar ones.
    """
    given = expand(name, what)
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
        UserError: If a top-level key is unknown, or a key leads through a value that has no keys.
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
                    raise UserError(f"--cfg-options: '{key}': {source} has no '{part}'{hint}")
                path = '.'.join(parts[:depth])
                print(f"note: --cfg-options adds '{part}' to '{path}'{hint}", file=sys.stderr)
                break
            if isinstance(node, Sequence) and not isinstance(node, str):
                if part.isdigit() and int(part) < len(node):
                    node = node[int(part)]
                    continue
                last = len(node) - 1
                raise UserError(f"--cfg-options: '{key}': '{part}' is not an index in 0..{last}")
            path = '.'.join(parts[:depth])
            raise UserError(f"--cfg-options: '{key}': '{path}' is a single value in {source}")


def load_config(args: argparse.Namespace) -> Config:
    """Read the config with its overrides, launcher and work directory.

    Args:
        args: Of a parser made by :func:`argument_parser`.

    Raises:
        UserError: If the file, its text or an override is at fault.
    """
    path = find_config(args.config)
    from mmengine.config import Config, DictAction

    options = {}
    if args.cfg_options:
        reader = argparse.ArgumentParser()
        reader.add_argument('--cfg-options', nargs='+', action=DictAction)
        options = reader.parse_args(['--cfg-options', *args.cfg_options]).cfg_options
    try:
        # Custom imports are heavy: build_runner() makes them when everything else is in order.
        cfg = Config.fromfile(path, import_custom_modules=False)
    except Exception as error:
        # Only the config's own text runs here.
        lines = ' '.join(str(error).split())
        raise UserError(f"config '{path}': {type(error).__name__}: {lines}") from error
    check_options(cfg._cfg_dict, options, path.name)
    cfg.merge_from_dict(options)
    cfg.launcher = args.launcher
    # As in MMagic: command line, then config, then a folder named after the config.
    if args.work_dir:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs') / path.stem)
    return cfg


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


def build_runner(cfg: Config, frozen: bool) -> Runner:
    """Register every component, join the other processes and build the Runner.

    Args:
        cfg: As :func:`load_config` returns it.
        frozen: Whether no gradient is shared between processes (a test), so that the model is
            wrapped by ``PassThroughWrapper`` instead of ``DistributedDataParallel``.
    """
    from mmengine.runner import Runner
    from mmengine.utils import import_modules_from_strings

    import mmgenprior.components  # noqa: F401
    from mmgenprior.utils.launch import join_processes

    if cfg.get('custom_imports'):
        import_modules_from_strings(**cfg.custom_imports)
    join_processes(cfg.launcher)
    if frozen and cfg.launcher != 'none' and cfg.get('model_wrapper_cfg') is None:
        cfg.model_wrapper_cfg = dict(type='PassThroughWrapper')
    return Runner.from_cfg(cfg)
