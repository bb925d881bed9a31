"""Choose a setting on training images: one run per value, then sweep.json and a plot."""

from __future__ import annotations

import argparse
import copy
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmgenprior.cli.arguments import add_config_arguments, add_fresh
from mmgenprior.cli.configs import check_options, load_config
from mmgenprior.cli.runner import build_runner_in
from mmgenprior.utils.errors import UserError

if TYPE_CHECKING:
    from mmengine.config import Config

HIGHER_IS_BETTER = ('PSNR', 'SSIM', 'SNR', 'Accuracy')


def setting(text: str) -> int | float | str:
    """A number where it is one, else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def on_training_images(cfg: Config, args: argparse.Namespace) -> None:
    """Point the test loader of the config at training images."""
    dataset = cfg.test_dataloader.dataset
    if dataset.type == 'ToyFacesDataset':
        if args.folder:
            raise UserError('--folder: toy faces are rendered, they have no folder')
        dataset.update(split='train', length=args.images)
    elif args.folder:
        dataset.data_prefix = dict(gt=args.folder)
        dataset.indices = args.images
    else:
        raise UserError(f'{dataset.type}: name a folder of training photos by --folder')


def numbers_of_run(
    cfg: Config, args: argparse.Namespace, value: int | float | str, folder: Path
) -> dict[str, float]:
    """Run one value; the metrics of the main variant and of the others."""
    cfg = copy.deepcopy(cfg)
    cfg.merge_from_dict({args.key: value})
    build_runner_in(cfg, folder, args.fresh).test()
    return json.loads((folder / 'metrics.json').read_text())


def best_of(runs: Sequence[dict], metric: str) -> int | float | str:
    """The value whose run is best by ``metric``."""
    sign = 1 if metric.rsplit('/', 1)[-1].endswith(HIGHER_IS_BETTER) else -1
    finite = [run for run in runs if math.isfinite(run['metrics'][metric])]
    if not finite:
        raise UserError(f'--metrics {metric}: no run has a finite value')
    return max(finite, key=lambda run: sign * run['metrics'][metric])['value']


def draw(
    runs: Sequence[dict],
    key: str,
    metrics: Sequence[str],
    best: int | float | str,
    path: Path,
) -> None:
    """One panel per metric over the values."""
    from matplotlib.figure import Figure

    values = [run['value'] for run in runs]
    numbers = all(isinstance(v, (int, float)) for v in values)
    places = values if numbers else range(len(values))
    figure = Figure(figsize=(4.5 * len(metrics), 3.2), layout='constrained')
    for axes, metric in zip(figure.subplots(1, len(metrics), squeeze=False)[0], metrics):
        axes.plot(places, [run['metrics'][metric] for run in runs], marker='o')
        axes.axvline(places[values.index(best)], linestyle=':', color='grey')
        positive = [v for v in values if numbers and v > 0]
        if positive and max(positive) > 20 * min(positive):
            axes.set_xscale('symlog', linthresh=min(positive))
        if not numbers:
            axes.set_xticks(list(places), [str(v) for v in values])
        axes.set_xlabel(key)
        axes.set_ylabel(metric)
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_config_arguments(parser)
    add_fresh(parser)
    parser.add_argument('--key', required=True, help='setting to vary, e.g. model.realism')
    parser.add_argument('--values', required=True, nargs='+', type=setting, help='values to try')
    parser.add_argument('--images', type=int, default=8, help='number of training images (8)')
    parser.add_argument(
        '--folder', help='folder of training photos below the data root; toy faces need none'
    )
    parser.add_argument(
        '--metrics',
        nargs='+',
        default=['PSNR', 'SSIM'],
        help='metrics to plot; the first one chooses (PSNR SSIM)',
    )


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    if args.launcher != 'none':
        raise UserError('--launcher: a sweep runs in one process')
    if args.images < 1:
        raise UserError(f'--images {args.images}: at least 1 is needed')
    if len(set(args.values)) < len(args.values):
        raise UserError('--values: a value is given twice')
    cfg = load_config(args, 'test')
    on_training_images(cfg, args)
    check_options(cfg._cfg_dict, {args.key: args.values[0]}, args.config)
    if not args.key.startswith('model.baselines.'):
        cfg.model.baselines = []  # they do not depend on it
    cfg.merge_from_dict({'default_hooks.report.pictures': False})
    out = Path(args.work_dir or Path('work_dirs') / f'sweep_{Path(args.config).stem}')
    runs = []
    for value in args.values:
        print(f'{args.key}={value}', flush=True)
        metrics = numbers_of_run(cfg, args, value, out / f'{args.key}={value}')
        missing = [m for m in args.metrics if m not in metrics]
        if missing:
            raise UserError(f'--metrics {missing[0]}: this run has {", ".join(metrics)}')
        runs.append(dict(value=value, metrics=metrics))
    best = best_of(runs, args.metrics[0])
    report = dict(
        config=args.config,
        key=args.key,
        images=args.images,
        metric=args.metrics[0],
        best=best,
        runs=runs,
    )
    (out / 'sweep.json').write_text(json.dumps(report, indent=2) + '\n')
    draw(runs, args.key, args.metrics, best, out / 'sweep.png')
    print(f'best {args.metrics[0]}: {args.key}={best}; {out}/sweep.json, {out}/sweep.png')
