"""Make a table of a paper, or of today's choices, from own runs: ours beside the paper's numbers.

Without PAPER it lists what there is. The configs of the table are run one after the other, as
`mmgenprior test` runs them, in work dirs below OUT; the same command again goes on where it
stopped. Then OUT/TABLE gets table.md, table.csv, page.html (one file, pictures within),
numbers.json, results.json and, of a figure, figure.png. A cell that cannot be run says why.
"""

from __future__ import annotations

import argparse
import functools
import gc
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgenprior.cli.arguments import (
    UsageError,
    add_debug,
    add_fresh,
    add_launcher,
    add_workers,
    whole_number,
)
from mmgenprior.cli.configs import load_config
from mmgenprior.cli.workers.places import Places, build_with_workers, places_of
from mmgenprior.tables.matrix import matrix_configs
from mmgenprior.tables.plan import PAPER, Papers, Plan, make_plan, read_papers
from mmgenprior.utils.errors import ConfigError, UserError
from mmgenprior.utils.paths import expand

if TYPE_CHECKING:
    from mmengine.config import Config

    from mmgenprior.tables.finished import Finished

# Keys of the first pictures of a run, which the page shows.
_SHEET = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.epilog = (
        'Examples: mmgenprior tables iagan 2 --on celeba64 --quick 14; '
        'mmgenprior tables choices --on toyfaces --quick 10. Over several processes: torchrun '
        '--nproc_per_node 2 tools/tables.py PAPER TABLE --launcher pytorch, or --launcher ray.'
    )
    parser.add_argument('paper', nargs='?', help='iagan, dgp, bigprior, mapd, or choices')
    parser.add_argument('table', nargs='?', help='2, figure2, ...; all of the paper without it')
    parser.add_argument(
        '--on',
        metavar='DATA',
        help="what to make it on: 'paper', the paper's own data and prior (default, where there "
        'are any), toyfaces, celeba64 (BEGAN and the pictures of faces64), digiface64',
    )
    parser.add_argument(
        '--quick', type=whole_number(1), metavar='N', help='only N images of each data set'
    )
    parser.add_argument(
        '--quick-slow',
        type=whole_number(1),
        metavar='N',
        help='still fewer of the methods that take a minute an image on a CPU (DIP, DGP, ...)',
    )
    parser.add_argument('--out', help='where everything is written (work_dirs/tables_PAPER)')
    parser.add_argument(
        '--from',
        dest='others',
        nargs='+',
        default=[],
        metavar='WORK_DIR',
        help='finished work dirs, or folders of them, to be taken over instead of running again',
    )
    parser.add_argument(
        '--papers',
        metavar='FOLDER',
        help='tables of your own: .yml files as those of configs/papers (see its README.md), whose '
        "rows are 'on_demand'",
    )
    parser.add_argument('--lpips', metavar='FILE', help="AlexNet's weights for LPIPS")
    parser.add_argument(
        '--inception',
        metavar='FILE',
        help="torch-fidelity's weights of Inception, for FID and KID of 50 images or more",
    )
    parser.add_argument(
        '--docs',
        nargs='?',
        const='docs',
        metavar='FOLDER',
        help='run nothing: write FOLDER/tables.md from FOLDER/tables/*.json (docs)',
    )
    parser.add_argument('--check', action='store_true', help='with --docs: only tell if it differs')
    add_launcher(parser, ray=True)
    add_workers(parser)
    add_fresh(parser)
    add_debug(parser)


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    if args.docs is not None:
        _docs(args)
        return
    if args.check:
        raise UsageError('--check goes with --docs')
    configs = matrix_configs()
    papers = read_papers(_folder(args.papers, '--papers') if args.papers else configs / 'papers')
    if args.paper is None:
        _list(papers)
        return
    places = places_of(args)
    plans = _plans(papers, args)
    args.lpips = _file(args.lpips, '--lpips')
    args.inception = _file(args.inception, '--inception')
    others = [_folder(path, '--from') for path in args.others]
    out = expand(args.out or f'work_dirs/tables_{args.paper}', '--out')
    _make(papers, plans, configs, out, others, places, args)


def _folder(given: str, option: str) -> Path:
    path = expand(given, option)
    if not path.is_dir():
        raise ConfigError(f"{option} '{given}' is no folder")
    return path


def _file(given: str | None, option: str) -> str | None:
    path = None if given is None else expand(given, option).resolve()
    if path is not None and not path.is_file():
        raise ConfigError(f"{option} '{given}' is no file: give that of the weights")
    return None if path is None else str(path)


def _list(papers: Papers) -> None:
    """What tables there are, and on what."""
    for paper, tables in papers.tables.items():
        print(f'{paper}: {papers.titles[paper]}')
        width = max(map(len, tables))
        for table, told in tables.items():
            data = ', '.join(papers.data_of(paper, table))
            print(f'  {table:<{width}}  {told["title"]}  (on {data})')
    print('\nmmgenprior tables PAPER [TABLE] --on DATA --quick N --out DIR')


def _plans(papers: Papers, args: argparse.Namespace) -> list[Plan]:
    names = papers.find(args.paper, args.table)
    on = args.on or PAPER
    can = [name for name in names if _can(papers, args.paper, name, on)]
    # Of all tables of a paper those that can; a single one says why it cannot.
    return [make_plan(papers, args.paper, name, on) for name in can or names]


def _can(papers: Papers, paper: str, table: str, on: str) -> bool:
    try:
        make_plan(papers, paper, table, on)
    except ConfigError:
        return False
    return True


def _make(
    papers: Papers,
    plans: Sequence[Plan],
    configs: Path,
    out: Path,
    others: Sequence[Path],
    places: Places,
    args: argparse.Namespace,
) -> None:
    """Run what is needed, then write every table."""
    from mmgenprior.tables.files import about_runs, write_table
    from mmgenprior.tables.text import without_paths

    first = args.launcher == 'none' or int(os.environ.get('RANK', 0)) == 0
    about = about_runs(out)
    known = _known(others)
    total = list(dict.fromkeys(name for plan in plans for name in plan.runs))
    runs: dict[str, Finished] = {}
    reasons: dict[str, str] = {}
    for plan in plans:
        for name in plan.runs:
            if name in runs or name in reasons:
                continue
            if first:
                number = total.index(name) + 1
                print(f'[{number}/{len(total)}] {name}', flush=True)
            config = dict(papers=papers, name=name, configs=configs, folder=out / 'configs')
            try:
                runs[name] = _run(plan, config, out / 'runs' / name, known, places, args)
            except Exception as error:
                line = _reason(error)
                reasons[name] = without_paths(line)
                if first:
                    print(f'  left out: {line}', flush=True)
    if not first:
        return
    for plan in plans:
        folder = out / plan.name
        results = write_table(plan, runs, reasons, about, folder, args.inception)
        numbers = sum(bool(cell.get('numbers')) for cell in results['cells'])
        print(f'{plan.name}: {numbers} of {len(results["cells"])} cells have numbers of ours')
        print(f'  {folder / "table.md"}, table.csv, numbers.json; to look at: page.html')
    if not runs:
        raise UserError(f'no run of {args.paper} could be made: {next(iter(reasons.values()))}')


def _reason(error: Exception) -> str:
    """The one line of what a user can repair; every other error is raised again."""
    from mmgenprior.cli.explain import explain
    from mmgenprior.ledger.settings import OtherSettingsError

    line = None if isinstance(error, OtherSettingsError) else explain(error)
    if line is None:
        raise error
    return line


def _known(others: Sequence[Path]) -> list[tuple[Path, Mapping[str, Any]]]:
    """Work dirs that may be taken over, and what decided their results."""
    from mmgenprior.tables.finished import settings_in, work_dirs
    from mmgenprior.tables.run_config import essence

    found = []
    for folder in work_dirs(others):
        settings = settings_in(folder)
        if settings is not None:
            found.append((folder, essence(settings)))
    return found


def _run(
    plan: Plan,
    config: Mapping[str, Any],
    folder: Path,
    known: Sequence[tuple[Path, Mapping[str, Any]]],
    places: Places,
    args: argparse.Namespace,
) -> Finished:
    """The finished run of a config: one that is there, or a new one."""
    from mmgenprior.ledger.settings import settings_of
    from mmgenprior.tables.finished import finished
    from mmgenprior.tables.run_config import config_of, essence, needed_metrics, set_for_table
    from mmgenprior.utils.files import digest

    settings = argparse.Namespace(
        config=str(config_of(**config)),
        cfg_options=None,
        launcher=args.launcher,
        work_dir=str(folder),
    )
    cfg = load_config(settings, 'test')
    needed = needed_metrics(config['papers'], plan.paper)
    images = args.quick
    if config['name'] in plan.slow and args.quick_slow is not None:
        images = min(args.quick_slow, args.quick or args.quick_slow)
    set_for_table(cfg, plan, needed, images, args.lpips, _SHEET)
    wanted = digest(essence(settings_of(cfg)))
    for other, decided in known:
        run = finished(other, images) if digest(decided) == wanted else None
        if run is not None:
            return run
    _restore(cfg, folder, args.fresh, places)
    run = finished(folder)
    if run is None:
        raise UserError(f"'{folder}': the run ended without all of its images")
    return run


def _restore(cfg: Config, folder: Path, fresh: bool, places: Places) -> None:
    """Restore the images of a run, by this process and its like or by the workers of Ray."""
    from mmgenprior.cli.runner import build_runner_in

    build = functools.partial(build_runner_in, folder=folder, fresh=fresh)
    build_with_workers(cfg, places, build).test()
    gc.collect()  # a Runner holds itself


def _docs(args: argparse.Namespace) -> None:
    """Write the page of the committed numbers, or tell that it differs."""
    from mmgenprior.tables.docs import write_docs

    if args.paper is not None:
        raise UsageError('--docs takes no PAPER: it writes the page of all committed numbers')
    folder = expand(args.docs, '--docs')
    differing = write_docs(folder, check=args.check)
    if args.check and differing:
        raise UserError(f'{differing[0]} is not what the numbers make: mmgenprior tables --docs')
    print(f'{folder / "tables.md"} is what {folder / "tables"} makes')
