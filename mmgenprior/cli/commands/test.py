"""Restore the images of a config's test set, or of a folder, and measure the results.

The same command again goes on where it stopped.
"""

from __future__ import annotations

import argparse

from mmgenprior.cli.arguments import add_config_arguments, add_fresh
from mmgenprior.cli.configs import load_config, set_checkpoint
from mmgenprior.cli.launch import leave_processes
from mmgenprior.cli.runner import build_runner


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_config_arguments(parser)
    add_fresh(parser)
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help="weights of the model's prior, or of the model if it has none; 'none' or nothing "
        "keeps the config's own",
    )
    parser.add_argument('--out', help='also write the metrics to this file (.json, .yml or .pkl)')


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    cfg = load_config(args)
    set_checkpoint(cfg, args.checkpoint)
    runner = build_runner(cfg, frozen=True, fresh=args.fresh)
    if runner.rank == 0:
        print(f'Working directory: {cfg.work_dir}')

    if args.out:
        import mmengine
        from mmengine.hooks import Hook

        class SaveMetrics(Hook):
            def after_test_epoch(self, runner, metrics=None):
                if metrics is not None and runner.rank == 0:
                    mmengine.dump(metrics, args.out)

        runner.register_hook(SaveMetrics(), 'LOWEST')

    runner.test()
    leave_processes()
