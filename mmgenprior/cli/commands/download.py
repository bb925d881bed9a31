"""Fetch priors of the catalogue by name, verified, to where every config looks for them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import mmgenprior.converters  # noqa: F401  (catalogues name what it announces)
from mmgenprior.cli.arguments import UsageError, add_debug
from mmgenprior.utils.paths import expand
from mmgenprior.weights.about import about, size_text
from mmgenprior.weights.catalogue import catalogue, find_entry
from mmgenprior.weights.resolve import cache_dir, fetch_entry


def show(folder: Path) -> None:
    """Print the catalogue, and which of its files are in the folder."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE)
    table.add_column('name', no_wrap=True)
    table.add_column('what')
    table.add_column('pixels', justify='right', no_wrap=True)
    table.add_column('MB', justify='right', no_wrap=True)
    table.add_column('here', no_wrap=True)
    for entry in catalogue().values():
        file = entry.local or folder / entry.file_name
        here = 'yes' if file.is_file() else 'no'
        pixels = str(entry.resolution or '?')
        table.add_row(entry.name, entry.about, pixels, size_text(entry, file), here)
    # A pipe has no width; a table that is cut there would lose names.
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(table)
    print(f'Folder: {folder}')
    print('Source, licence, framing, and what to do without a network: --about NAME')


def describe(names: list[str], folder: Path) -> None:
    """Print all that the catalogue says of some priors, or of all."""
    entries = [find_entry(name) for name in names] or list(catalogue().values())
    print('\n\n'.join(about(entry, folder) for entry in entries))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.epilog = (
        'Environment: MGP_PRIOR_ROOT, the folder (~/.cache/mmgenprior); MGP_MIRROR, an '
        'address that serves the files in place of the usual one; MGP_CATALOGUE, a catalogue of '
        'your own; MGP_DEBUG=1 does the same as --debug. See docs/zoo.md.'
    )
    parser.add_argument('names', nargs='*', metavar='NAME', help='priors to fetch')
    parser.add_argument('--list', action='store_true', help='show all names and which are here')
    parser.add_argument(
        '--about',
        action='store_true',
        help='say of each NAME, or of all, where it is from, its licence, size, resolution and '
        'framing, and what to do without a network; nothing is fetched',
    )
    parser.add_argument('--dir', help='folder to fetch to; configs only look in MGP_PRIOR_ROOT')
    parser.add_argument('--force', action='store_true', help='fetch again what is here')
    add_debug(parser)


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    if not (args.names or args.list or args.about):
        raise UsageError('give the NAME of a prior, --list or --about')
    folder = expand(args.dir, '--dir').absolute() if args.dir else cache_dir()
    if args.list:
        show(folder)
    if args.about:
        return describe(args.names, folder)
    # Every name first: a misspelt one should not be found after an hour of downloads.
    for entry in [find_entry(name) for name in args.names]:
        print(fetch_entry(entry, folder, force=args.force))
