"""The entry points: ``mmgenprior COMMAND ...``, and one for each script in ``tools/``."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from types import ModuleType

import mmgenprior
from mmgenprior.cli.arguments import UsageError, listing
from mmgenprior.cli.commands import COMMANDS
from mmgenprior.cli.run import run
from mmgenprior.utils.errors import ExitCode
from mmgenprior.utils.names import nearest

FIRST_THINGS = """
The first things to try:
  mmgenprior demo                              drawn faces, four kinds of damage, one sheet
  mmgenprior restore PHOTO --mask HOLE         a photo of yours; white in the mask is known
  mmgenprior restore --help                    what else it repairs"""


def main(argv: Sequence[str] | None = None) -> ExitCode:
    """The command ``mmgenprior``.

    Args:
        argv: The words after the name of the program; None for those of this process.

    Returns:
        The status to exit with, ``OK`` where there are no words, which prints what there is;
        ``ExitCode.USAGE`` is raised as ``SystemExit`` by argparse.
    """
    try:
        return _main(argv)
    except KeyboardInterrupt:  # before the command has begun
        return ExitCode.INTERRUPTED


def _main(argv: Sequence[str] | None) -> ExitCode:
    words = sys.argv[1:] if argv is None else list(argv)
    parser = argparse.ArgumentParser(
        prog='mmgenprior',
        description='Image restoration with pre-trained generative priors.',
        epilog=f'{listing("commands", COMMANDS)}\n\nmmgenprior COMMAND --help explains a command.',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--version', action='version', version=f'%(prog)s {mmgenprior.__version__}')
    commands = parser.add_subparsers(dest='command', metavar='COMMAND', required=True)
    if not words:
        parser.print_help()
        print(FIRST_THINGS)
        return ExitCode.OK
    # The options before a command take no value.
    named = next((word for word in words if not word.startswith('-')), None)
    if named is not None and named not in COMMANDS:
        parser.error(f"there is no command '{named}'{nearest(named, COMMANDS)}")
    parsers = {name: commands.add_parser(name) for name in COMMANDS}
    if named is not None:
        module = _fill(parsers[named], named)
    args = parser.parse_args(words)  # without a command it exits
    return _run(module, parsers[named], args)


def run_command(name: str, argv: Sequence[str] | None = None) -> ExitCode:
    """One sub-command as a program of its own, as the scripts in ``tools/`` are.

    Args:
        name: Key of :data:`mmgenprior.cli.commands.COMMANDS`.
        argv: Its arguments; None for those of this process.

    Returns:
        As :func:`main`.
    """
    parser = argparse.ArgumentParser()
    try:
        module = _fill(parser, name)
        return _run(module, parser, parser.parse_args(argv))
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _fill(parser: argparse.ArgumentParser, name: str) -> ModuleType:
    """Give a parser the arguments of a command; return the module of that."""
    module = importlib.import_module(f'mmgenprior.cli.commands.{name.replace("-", "_")}')
    parser.description = module.__doc__
    module.add_arguments(parser)
    return module


def _run(module: ModuleType, parser: argparse.ArgumentParser, args: argparse.Namespace) -> ExitCode:
    try:
        return run(module.main, args)
    except UsageError as error:
        parser.error(str(error))
