"""Restore the images of a config and keep {gt,input,prior}/NAME.png of each, to train φ on.

Goes on where an earlier call with the same settings stopped.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from mmgenprior.cli.arguments import add_config_arguments, add_fresh
from mmgenprior.cli.configs import load_config, set_checkpoint
from mmgenprior.cli.launch import leave_processes
from mmgenprior.cli.runner import build_runner
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.paths import expand

if TYPE_CHECKING:
    from mmengine.config import Config


def check_config(cfg: Config, name: str) -> None:
    """See that the config restores measurements, which is what an inversion is."""
    if not (cfg.get('default_hooks') or {}).get('report'):
        raise UserError(f"config '{name}' restores nothing: it has no default_hooks.report")
    dataset = (cfg.get('test_dataloader') or {}).get('dataset') or {}
    if any(step.get('type') == 'LoadInversion' for step in dataset.get('pipeline') or ()):
        raise UserError(
            f"config '{name}' fuses stored inversions, which are what this tool makes: invert with "
            'a config of the editor that is the prior, such as mganprior_*'
        )


def make_folders(out: Path) -> None:
    """Make what is written after every batch, so that a fault shows before the first search."""
    for path in (out / role for role in ('input', 'prior', 'gt')):
        try:
            if path.name != 'gt' or path.exists():  # without ground truth there is none
                path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = 'it is a file' if path.is_file() else error.strerror or error
            raise UserError(
                f"cannot make the folder '{path}' ({reason}): give as OUT a folder that can be "
                'written, or a new one'
            ) from None
        if path.is_dir() and not os.access(path, os.W_OK):
            raise UserError(f"cannot write into '{path}': give another folder as OUT")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_config_arguments(parser)
    add_fresh(parser)
    parser.add_argument('out', help='folder that gets gt, input and prior')
    parser.add_argument(
        'checkpoint', nargs='?', help="weights of the model's prior; nothing keeps the config's own"
    )
    parser.add_argument(
        '--arrays',
        action='store_true',
        help='also NAME.npy, neither rounded nor clipped, as noisy measurements need',
    )


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    args.out = expand(args.out, 'OUT')
    cfg = load_config(args, 'test')
    if not args.work_dir:
        cfg.work_dir = str(args.out / 'run')
    set_checkpoint(cfg, args.checkpoint)
    check_config(cfg, args.config)
    make_folders(args.out)
    store = dict(type='StoreInversionsHook', folder=str(args.out), arrays=args.arrays)
    cfg.custom_hooks = [*(cfg.get('custom_hooks') or []), store]
    runner = build_runner(cfg, frozen=True, fresh=args.fresh)
    runner.test()
    if runner.rank == 0:
        print(f'Inversions:      {args.out}')
    leave_processes()
