"""Make the numbers of a work dir from its ledger, at any time, also of an unfinished run.

It writes metrics.json, per_image.csv, seconds.csv and sheet.png as the run itself does at its end.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mmgenprior.cli.arguments import add_debug
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.names import listed
from mmgenprior.utils.paths import expand

if TYPE_CHECKING:
    from mmgenprior.ledger.averaging import Compute
    from mmgenprior.ledger.ledger import Head


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument('work_dir', metavar='WORK_DIR', help='work dir of a run')
    add_debug(parser)


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    work_dir = expand(args.work_dir, 'WORK_DIR')
    if not work_dir.is_dir():
        raise UserError(f"WORK_DIR: there is no folder '{work_dir}'")
    from mmgenprior.ledger.failures import read_failures
    from mmgenprior.ledger.ledger import Ledger
    from mmgenprior.ledger.summary import summarise, write_summary

    ledger = Ledger(work_dir).read()
    head = ledger.head()
    if head is None:
        raise UserError(
            f"'{work_dir}' has no ledger that can be read (parts/run.json): give the work dir of a "
            'run, or run its command again'
        )
    compute = _compute(work_dir, head)
    summary = summarise(head, ledger.entries, compute, read_failures(work_dir))
    for part, numbers in ledger.damaged.items():
        print(f'{part.name}: damaged lines are left out: {listed(list(map(str, numbers)), 5)}')
    if not summary.entries:
        raise UserError(f"'{work_dir}': {summary.progress}, so there are no numbers yet")
    write_summary(summary, work_dir, compute)
    unfinished = len(summary.entries) + len(summary.failures) < len(head.asked)
    print(f'{summary.progress}{", the run is unfinished" if unfinished else ""}.')
    print(f'Numbers: {work_dir / "metrics.json"}, per_image.csv, seconds.csv')


def _compute(work_dir: Path, head: Head) -> Compute:
    """How the metrics are averaged; their own code is loaded only where one averages by it."""
    from mmgenprior.ledger.averaging import by_plan, needs_metrics

    if not needs_metrics(head.averages):
        return by_plan(head.averages)
    from mmengine.config import Config
    from mmengine.registry import DefaultScope
    from mmengine.utils import import_modules_from_strings

    import mmgenprior.components  # noqa: F401  (before mmagic, and registers everything)

    # isort: split
    from mmagic.registry import EVALUATORS

    try:
        cfg = Config.fromfile(work_dir / 'config.py', import_custom_modules=False)
    except Exception as error:
        raise UserError(f"'{work_dir / 'config.py'}' cannot be read: {error}") from error
    if cfg.get('custom_imports'):
        import_modules_from_strings(**cfg.custom_imports)
    with DefaultScope.overwrite_default_scope('mmagic'):
        evaluator = EVALUATORS.build(cfg.test_evaluator)
    if evaluator.plans != head.averages:
        raise UserError(f"'{work_dir}': config.py and the ledger name different metrics")
    return evaluator.compute
