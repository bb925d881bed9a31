"""Fetch priors of the catalogue by name, verified, to where every config looks for them."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if (ROOT / 'mmgenprior' / '__init__.py').is_file():
    # In a clone, use the package beside this file; an installed tool uses the installed one.
    sys.path[0] = str(ROOT)

from mmgenprior.utils import cli
from mmgenprior.utils.paths import expand
from mmgenprior.weights.catalogue import catalogue, find_entry
from mmgenprior.weights.resolve import cache_dir, fetch_entry


def show(folder):
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE)
    table.add_column('name', no_wrap=True)
    table.add_column('what')
    table.add_column('MB', justify='right', no_wrap=True)
    table.add_column('here', no_wrap=True)
    for entry in catalogue().values():
        file = entry.local or folder / entry.file_name
        size = file.stat().st_size if file.is_file() else entry.size
        megabytes = '?' if size is None else f'{size / 1e6:.0f}'
        table.add_row(entry.name, entry.about, megabytes, 'yes' if file.is_file() else 'no')
    # A pipe has no width; a table that is cut there would lose names.
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(table)
    print(f'Folder: {folder}')


def main(args):
    folder = expand(args.dir, '--dir').absolute() if args.dir else cache_dir()
    if args.list:
        show(folder)
    # Every name first: a misspelt one should not be found after an hour of downloads.
    for entry in [find_entry(name) for name in args.names]:
        print(fetch_entry(entry, folder, force=args.force))


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog='Environment: MGP_PRIOR_ROOT, the folder (~/.cache/mmgenprior); MGP_MIRROR, an '
        'address that serves the files in place of the usual one; MGP_CATALOGUE, a catalogue of '
        'your own; MGP_DEBUG=1 does the same as --debug. See docs/zoo.md.',
    )
    parser.add_argument('names', nargs='*', metavar='NAME', help='priors to fetch')
    parser.add_argument('--list', action='store_true', help='show all names and which are here')
    parser.add_argument('--dir', help='folder to fetch to; configs only look in MGP_PRIOR_ROOT')
    parser.add_argument('--force', action='store_true', help='fetch again what is here')
    parser.add_argument('--debug', action='store_true', help='show the traceback of every error')
    if len(sys.argv) == 1:
        parser.error('give the NAME of a prior, or --list')
    cli.run(main, parser)
