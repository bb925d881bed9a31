"""Arguments that several commands share, and the types they are read with."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any


class UsageError(Exception):
    """The arguments do not go together; told as argparse tells it, with ``ExitCode.USAGE``."""


class _KeyValues(argparse.Action):
    """Words of the form KEY=VALUE, kept as they are."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        for option in values or ():
            key, separator, _ = option.partition('=')
            if not (key and separator):
                parser.error(f"{option_string}: '{option}' is not of the form KEY=VALUE")
        setattr(namespace, self.dest, values)


def add_debug(parser: argparse.ArgumentParser) -> None:
    """Add ``--debug``, which every command has."""
    parser.add_argument('--debug', action='store_true', help='show the traceback of every error')


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of MMagic's tools that all commands with a config share."""
    parser.epilog = 'MGP_DEBUG=1 in the environment does the same as --debug.'
    parser.add_argument('config', help='config file; its name alone is enough for one of ours')
    parser.add_argument('--work-dir', help='folder of all outputs (./work_dirs/<config name>)')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=_KeyValues,
        metavar='KEY=VALUE',
        help='override settings of the config, e.g. model.seed=1; a list is key="[a,b]" or '
        'key=a,b, nested lists and tuples are key="[(a,b),(c,d)]" with the quotes and no blank',
    )
    add_launcher(parser)
    add_debug(parser)


def add_launcher(parser: argparse.ArgumentParser) -> None:
    """Add ``--launcher``, for commands that restore images."""
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='what starts the processes of a distributed run',
    )
    # torch.distributed.launch passes one spelling or the other.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


def add_fresh(parser: argparse.ArgumentParser) -> None:
    """Add ``--fresh``, for commands that go on where an earlier call stopped."""
    parser.add_argument(
        '--fresh',
        action='store_true',
        help="start anew instead of going on; earlier results are moved to 'old' in the work dir",
    )


def listing(title: str, lines: Mapping[str, str]) -> str:
    """Names and what they mean as a block of help, for ``RawDescriptionHelpFormatter``."""
    width = max(map(len, lines))
    return '\n'.join([f'{title}:', *(f'  {name:<{width}}  {lines[name]}' for name in lines)])


def whole_number(least: int) -> Callable[[str], int]:
    """Type of a command-line argument: an integer that is not below ``least``."""

    def number(text: str) -> int:
        if not text.removeprefix('-').isdecimal():
            raise argparse.ArgumentTypeError(f"'{text}' is no whole number")
        if int(text) < least:
            raise argparse.ArgumentTypeError(f'{text} must be {least} or more')
        return int(text)

    return number
