"""Find the mistakes of a config in a second or two, without torch, weights or images.

Types, keys and values are compared with what this release takes. A config in Python is a program
and is run; with --data-only the config must be YAML or JSON, of which nothing is run.
"""

from __future__ import annotations

import argparse
import sys

from mmgenprior.cli.arguments import add_config_arguments
from mmgenprior.cli.checking.check import mistakes
from mmgenprior.cli.checking.data_files import SUFFIXES
from mmgenprior.cli.configs import find_config, read_config
from mmgenprior.utils.errors import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_config_arguments(parser)
    parser.add_argument(
        '--data-only',
        action='store_true',
        help='refuse a config in Python, which is a program, and all that a file of data could '
        'make the framework import',
    )
    parser.add_argument(
        '--model',
        action='store_true',
        help='also build generator and operators, without weights: sizes, blocks and channels '
        '(imports torch and MMagic, several seconds)',
    )


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    path = find_config(args.config)
    if args.data_only and path.suffix not in SUFFIXES:
        raise ConfigError(
            f"--data-only: '{path}' is a program; give a file that ends in {', '.join(SUFFIXES)}"
        )
    cfg = read_config(args)
    found = mistakes(cfg._cfg_dict.to_dict())
    if found:
        for line in found[:-1]:
            print(f"error: config '{args.config}': {line}", file=sys.stderr)
        raise ConfigError(f"config '{args.config}': {found[-1]}")
    if args.model:
        from mmgenprior.cli.checking.preflight import check_model

        check_model(cfg)
    print(f"config '{args.config}' is in order: {cfg.model.type}")
