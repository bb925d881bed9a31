"""The command line that the converters share."""

from __future__ import annotations

import argparse
import importlib

from mmgenprior.utils import cli
from mmgenprior.weights.resolve import conversion_paths


def parser(description: str) -> argparse.ArgumentParser:
    """Arguments of every converter."""
    result = argparse.ArgumentParser(description=description)
    result.add_argument('source', help='official checkpoint (.pth or .safetensors)')
    result.add_argument('target', help='file to write: NAME.safetensors or NAME.pth')
    result.add_argument(
        '--config-out', metavar='FILE.py', help='also write the config that goes with the weights'
    )
    result.add_argument(
        '--dtype',
        choices=['float32', 'float64'],
        help="precision to store in (the file's own; float64 where PGGAN weights are rescaled)",
    )
    result.add_argument('--debug', action='store_true', help='show the traceback of every error')
    return result


def run(description: str, converter: str) -> None:
    """Parse the arguments, convert, print the config; an error is one line and status 1.

    Args:
        description: First lines of ``--help``.
        converter: Name of a function of :mod:`mmgenprior.converters`.
    """

    def main(args: argparse.Namespace) -> None:
        paths = conversion_paths(args.source, args.target, args.config_out)
        # torch and the framework are imported only when there is something to do.
        import torch

        package = importlib.import_module('mmgenprior.converters')
        text = package.convert_file(
            getattr(package, converter),
            *paths,
            getattr(torch, args.dtype) if args.dtype else None,
        )
        print(f'# wrote {args.target}\n{text}', end='')

    cli.run(main, parser(description))
