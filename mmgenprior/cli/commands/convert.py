"""Rewrite an official checkpoint of another code base for the stock classes of MMagic."""

from __future__ import annotations

import argparse

from mmgenprior.cli.arguments import add_debug, listing
from mmgenprior.converters.detect import AUTO, KINDS
from mmgenprior.weights.inspection import inspect_file
from mmgenprior.weights.resolve import conversion_paths


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = listing('kinds', {name: kind.about for name, kind in KINDS.items()})
    parser.add_argument(
        'kind',
        nargs='?',
        choices=[AUTO, *KINDS],
        default=AUTO,
        metavar='KIND',
        help='layout of the source, see below; left out, it is found from the keys in the file',
    )
    parser.add_argument('source', help='official checkpoint (.pth or .safetensors)')
    parser.add_argument('target', help='file to write: NAME.safetensors or NAME.pth')
    parser.add_argument(
        '--config-out', metavar='FILE.py', help='also write the config that goes with the weights'
    )
    parser.add_argument(
        '--dtype',
        choices=['float32', 'float64'],
        help="precision to store in (the file's own; float64 where PGGAN weights are rescaled)",
    )
    add_debug(parser)


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    paths = conversion_paths(args.source, args.target, args.config_out)
    inspect_file(paths[0])
    # torch and the framework are imported only when there is something to do.
    import torch

    from mmgenprior.converters import convert_file, converter_of

    dtype = getattr(torch, args.dtype) if args.dtype else None
    text = convert_file(converter_of(args.kind), *paths, dtype)
    print(f'# wrote {args.target}\n{text}', end='')
