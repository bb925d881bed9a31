"""Restore the images of a config's test set, or of a folder, and measure the results.

The same command again goes on where it stopped. One machine or many: docs/many_machines.md.
"""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mmgenprior.cli.arguments import UsageError, add_config_arguments, add_fresh, add_workers
from mmgenprior.cli.configs import load_config, set_checkpoint
from mmgenprior.cli.inputs import add_on_error, check_images, check_weights
from mmgenprior.cli.launch import leave_processes
from mmgenprior.cli.runner import build_runner
from mmgenprior.cli.workers.places import build_with_workers, places_of
from mmgenprior.utils.errors import ConfigError, UserError

if TYPE_CHECKING:
    from mmengine.runner import Runner

_FORMATS = ('.json', '.yml', '.yaml', '.pkl', '.pickle')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_config_arguments(parser, ray=True)
    add_fresh(parser)
    add_on_error(parser)
    add_workers(parser)
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help="weights of the model's prior, or of the model if it has none; 'none' or nothing "
        "keeps the config's own",
    )
    parser.add_argument(
        '--share',
        action='store_true',
        help='let other processes, given the same command, work on the same work dir at the same '
        'time; each image is restored by one of them',
    )
    parser.add_argument('--out', help='also write the metrics to this file (.json, .yml or .pkl)')


def check_out(out: str | None) -> None:
    """See that the metrics can be written there, before anything is restored.

    Raises:
        ConfigError: If no format has this ending, or there is no such folder.
    """
    if out is None:
        return
    path = Path(out)
    if path.suffix not in _FORMATS:
        raise ConfigError(f"--out '{out}' must end in one of {', '.join(_FORMATS)}")
    if path.is_dir() or not path.parent.is_dir():
        what = 'is a folder' if path.is_dir() else f"lies in '{path.parent}', which is no folder"
        raise ConfigError(f"--out '{out}' {what}: give a file")


def check_sharing(args: argparse.Namespace) -> None:
    """See that --share goes with the other arguments.

    Raises:
        UsageError: If it does not.
    """
    if args.share and args.launcher != 'none':
        raise UsageError(
            f'--share is for processes of their own, not for --launcher {args.launcher}'
        )
    if args.share and args.fresh:
        raise UsageError('--share with --fresh: each process would move what the others have done')


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    check_out(args.out)
    check_sharing(args)
    places = places_of(args)
    cfg = load_config(args, 'test')
    set_checkpoint(cfg, args.checkpoint)
    check_weights(cfg)
    findings = check_images(cfg, args.on_error)
    build = functools.partial(
        build_runner,
        frozen=True,
        fresh=args.fresh,
        shared=args.share,
        skips_failing=args.on_error == 'skip',
        findings=findings,
    )
    runner = build_with_workers(cfg, places, build)
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
    if runner.rank == 0:
        tell_failures(runner)


def tell_failures(runner: Runner) -> None:
    """List the images that failed, and end with the status that says so.

    Raises:
        UserError: If there are any.
    """
    from mmgenprior.ledger.failures import FILE, SomeFailedError, listed_failures

    report = next((hook for hook in runner.hooks if hasattr(hook, 'skips_failing')), None)
    failures = report.failures if report is not None else []
    if not failures:
        return
    for line in listed_failures(failures):
        print(line, file=sys.stderr)
    asked = len(report.done.head.asked)
    of = f'{len(failures)} of {asked} image{"s" * (asked != 1)} failed'
    where = Path(runner.work_dir) / FILE
    if not report.done.entries:
        raise UserError(f"{of}, none was restored: they are listed in '{where}'")
    raise SomeFailedError(
        f"{of}, listed in '{where}': mend them and give the same command again, which restores "
        'what is missing'
    )
