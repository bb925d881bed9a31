"""Restore toy faces that no training has seen: four kinds of damage, three methods, one sheet.

Nothing is downloaded: faces are rendered, and their prior lies in the package. Beside the methods
stands the classical baseline that is best for a damage (bicubic, total variation), its choice made
with the truth in view.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mmgenprior.cli.arguments import add_debug, add_fresh, whole_number
from mmgenprior.cli.configs import load_config
from mmgenprior.cli.runner import build_runner_in

if TYPE_CHECKING:
    import numpy as np
    from rich.table import Table

# Ending of the configs, and what is done to the faces.
DAMAGES = dict(sr4='a quarter of the size', inpaint='a hole', color='grey', denoise='noise')
# Method → the run that has it, and which variant, None for its result: CSGM is IAGAN's start.
METHODS = dict(CSGM=('iagan', 'CSGM'), IAGAN=('iagan', None), GaussNewton=('gaussnewton', None))
RUNS = dict(iagan='CSGM and IAGAN', gaussnewton='GaussNewton')
# How sure GaussNewton is, for which it draws from its posterior, is not shown here.
CHANGES = dict(gaussnewton=dict(samples=0))
BASELINES = ('measurement', 'bicubic', 'TV')
CLASSICAL = 'best classical'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        '--work-dir', default='work_dirs/demo', help='where everything is written (work_dirs/demo)'
    )
    parser.add_argument(
        '--images', type=whole_number(1), default=2, metavar='N', help='faces of each damage (2)'
    )
    parser.add_argument(
        '--damage', nargs='+', choices=DAMAGES, default=list(DAMAGES), help='some alone'
    )
    add_fresh(parser)
    add_debug(parser)


@dataclass
class Run:
    """What a config made of the faces of one damage.

    Attributes:
        folder: Its work dir.
        rows: Of every face, column → text, as ``per_image.csv`` has them.
        metrics: Name → mean.
        seconds: An image.
    """

    folder: Path
    rows: list[dict[str, str]]
    metrics: dict[str, float]
    seconds: float

    def picture(self, row: int, variant: str | None = None) -> np.ndarray:
        """A picture H×W×3, uint8 BGR; the result itself without a name."""
        from mmgenprior.utils.files import file_of
        from mmgenprior.utils.image_io import read_image

        folder = self.folder / ('restored' if variant is None else f'variants/{variant}')
        return read_image(file_of(folder, self.rows[row]['key']))


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    from rich.progress import Progress

    from mmgenprior.visualization import print_table

    folder = Path(args.work_dir)
    runs: dict[str, dict[str, Run]] = {damage: {} for damage in args.damage}
    with Progress(transient=True) as progress:
        task = progress.add_task('', total=len(args.damage) * len(RUNS))
        for damage in args.damage:
            for run, name in RUNS.items():
                progress.update(task, description=f'{DAMAGES[damage]}: {name}')
                runs[damage][run] = _restore(run, damage, folder / damage / run, args)
                progress.advance(task)
    _write_sheet(runs, folder / 'sheet.png')
    print_table(_table(runs, args.images))
    print(f'All of it: {folder}; to look at: {folder / "sheet.png"}', flush=True)


def _restore(name: str, damage: str, folder: Path, args: argparse.Namespace) -> Run:
    settings = argparse.Namespace(
        config=f'{name}_toyfaces_{damage}',
        cfg_options=None,
        launcher='none',
        work_dir=str(folder),
    )
    cfg = load_config(settings, 'test')
    cfg.test_dataloader.dataset.length = args.images
    cfg.model.update(CHANGES.get(name, {}))
    # One bar and one table for all.
    cfg.default_hooks.pop('progress', None)
    cfg.default_hooks.report.update(save_variants=True, summary=False)
    build_runner_in(cfg, folder, args.fresh).test()
    rows, clock = (_read(folder / name) for name in ('per_image.csv', 'seconds.csv'))
    seconds = sum(float(row['seconds']) for row in clock) / len(clock)
    return Run(folder, rows, json.loads((folder / 'metrics.json').read_text()), seconds)


def _read(table: Path) -> list[dict[str, str]]:
    with table.open(newline='') as file:
        return list(csv.DictReader(file))


def _best_classical(runs: dict[str, Run]) -> tuple[Run, str]:
    """The run that has it, and its name there: the highest mean PSNR."""
    found = [
        (run.metrics[f'{name}/PSNR'], run, name)
        for run in runs.values()
        for name in BASELINES
        if f'{name}/PSNR' in run.metrics
    ]
    _, run, name = max(found, key=lambda candidate: candidate[0])
    return run, name


def _table(runs: dict[str, dict[str, Run]], images: int) -> Table:
    from rich.table import Table

    table = Table(title=f'PSNR (dB) / SSIM, means of {images} faces; seconds an image')
    for heading in ('', CLASSICAL, *METHODS):
        table.add_column(heading, justify='right' if heading else 'left')
    for damage, found in runs.items():
        run, name = _best_classical(found)
        cells = [f'{_numbers(run.metrics, _prefix(name))}\n{name}']
        for which, variant in METHODS.values():
            own = found[which]
            seconds = "within IAGAN's" if variant else f'{own.seconds:.1f} s'
            cells.append(f'{_numbers(own.metrics, _prefix(variant))}\n{seconds}')
        table.add_row(DAMAGES[damage], *cells)
    return table


def _prefix(variant: str | None) -> str:
    return f'{variant}/' if variant else ''


def _numbers(metrics: dict[str, float], prefix: str) -> str:
    return f'{metrics[f"{prefix}PSNR"]:.2f} / {metrics[f"{prefix}SSIM"]:.3f}'


def _write_sheet(runs: dict[str, dict[str, Run]], path: Path) -> None:
    """A row for every face: damaged, restored by each, and as it was."""
    from mmgenprior.datasets.toyfaces import render_face
    from mmgenprior.utils.files import write_png
    from mmgenprior.visualization import panel_size, side_by_side, stack

    lines = []
    for damage, found in runs.items():
        classical, name = _best_classical(found)
        first = next(iter(found.values()))
        for i, row in enumerate(first.rows):
            truth = render_face(0, 'test', int(row['key'].rsplit('-', 1)[1]))[..., ::-1]
            panels = [(DAMAGES[damage], first.picture(i, 'measurement'))]
            psnr = float(classical.rows[i][f'{name}/PSNR'])
            panels.append((f'{name} {psnr:.1f} dB', classical.picture(i, name)))
            for method, (which, variant) in METHODS.items():
                psnr = float(found[which].rows[i][f'{_prefix(variant)}PSNR'])
                panels.append((f'{method} {psnr:.1f} dB', found[which].picture(i, variant)))
            panels.append(('ground truth', truth))
            lines.append(side_by_side(panels, panel_size(*truth.shape[:2], smallest=128)))
    write_png(path, stack(lines))
