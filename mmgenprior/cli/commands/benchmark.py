"""Measure how fast we are: a step, whole images, and quality against seconds.

Everything is measured beside plain loops that are written as the papers' own code works: one image
at a time, gradients of frozen networks, features of the measurement at every step, candidates and
codes one by one. Both sides take turns in one run, so read the ratios, on an idle machine. Without
--case the small steps are measured. Real faces are those of MGP_DATA_ROOT/faces64, their BEGAN is
MGP_PRIOR_ROOT/began_celeba64.pth.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from mmgenprior.benchmark.cases import CASES, chosen_cases, kind_of
from mmgenprior.cli.arguments import add_debug, listing, whole_number
from mmgenprior.utils.errors import UserError

# A quick run only shows that everything works.
_QUICK = dict(steps=2, images=1, divisor=100)
_FULL = dict(steps=10, images=4, divisor=1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    at_least = whole_number
    parser.add_argument(
        '--case', nargs='+', default=(), metavar='NAME', help="cases, or patterns: 'step-*'"
    )
    parser.add_argument('--list', action='store_true', help='list the cases')
    parser.add_argument('--device', default='cpu', help='cpu, cuda, cuda:1, ... (cpu)')
    parser.add_argument(
        '--batch',
        nargs='+',
        type=at_least(1),
        default=[1],
        metavar='N',
        help='images that ours restores at once, one or more numbers; of the steps (1)',
    )
    parser.add_argument(
        '--steps', type=at_least(2), metavar='N', help='pairs of steps that count (10)'
    )
    parser.add_argument('--images', type=at_least(1), metavar='N', help='whole images (4)')
    parser.add_argument('--threads', type=at_least(1), metavar='N', help="threads (torch's own)")
    parser.add_argument(
        '--clock',
        choices=['wall', 'process'],
        default='wall',
        help="'process' counts CPU seconds, for a machine that does something else too (wall)",
    )
    parser.add_argument('--seed', type=at_least(0), default=0, help='of all that is drawn (0)')
    parser.add_argument('--quick', action='store_true', help='a few steps, to see that it runs')
    parser.add_argument('--no-memory', action='store_true', help='leave the peaks of memory out')
    parser.add_argument('--no-floor', action='store_true', help='leave the floor out')
    parser.add_argument(
        '--lpips', metavar='FILE', help='AlexNet weights of LPIPS; without them it is left out'
    )
    parser.add_argument('--out', metavar='FILE.json', help='write the numbers')
    parser.add_argument('--plot', metavar='FILE.png', help='draw the curves')
    add_debug(parser)


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    if args.list:
        print(listing('cases', {name: case.mark for name, case in CASES.items()}))
        return
    names = chosen_cases(args.case)
    if args.clock == 'process' and args.device != 'cpu':
        raise UserError(f"--clock process counts the CPU's seconds, not those of {args.device}")
    if args.plot and not any(kind_of(name) == 'curves' for name in names):
        raise UserError("--plot draws curves: name them, --case 'curves-*'")
    for path in filter(None, (args.out, args.plot)):
        if not Path(path).resolve().parent.is_dir():
            raise UserError(f"'{path}': there is no such folder: make it, or give another file")
    if args.lpips and not Path(args.lpips).is_file():
        raise UserError(f"--lpips '{args.lpips}' is no file: give the AlexNet of torchvision")
    _measure(args, names)


def _measure(args: argparse.Namespace, names: list[str]) -> None:
    import torch

    _check_device(args.device)
    import mmgenprior.components  # noqa: F401  (registers everything)
    from mmgenprior.benchmark.clock import choose_clock
    from mmgenprior.benchmark.report import machine, show

    choose_clock(args.clock)
    if args.threads:
        torch.set_num_threads(args.threads)
    sizes = {**_FULL, **(_QUICK if args.quick else {})}
    sizes.update({k: getattr(args, k) for k in ('steps', 'images') if getattr(args, k)})
    results: list[dict[str, Any]] = []
    for name in names:
        missing = _missing(name)
        if missing:
            print(f'{name} is left out: {missing}', flush=True)
            continue
        print(name, flush=True)
        results += _measured(name, args, sizes)
        if args.out:  # whatever ends the run, what was measured stays
            report = dict(
                machine=machine(args.device), clock=args.clock, seed=args.seed, results=results
            )
            Path(args.out).write_text(json.dumps(report, indent=2) + '\n')
    show(results)
    curves = [r for r in results if kind_of(r['case']) == 'curves']
    if args.plot and curves:
        from mmgenprior.benchmark.drawing import draw_curves

        draw_curves(curves, args.plot)


def _measured(name: str, args: argparse.Namespace, sizes: dict[str, int]) -> list[dict[str, Any]]:
    common = dict(device=args.device, seed=args.seed)
    whole = dict(images=sizes['images'], divisor=sizes['divisor'])
    if kind_of(name) == 'step':
        from mmgenprior.benchmark.steps import measure_steps

        options = dict(memory=not args.no_memory, floor=not args.no_floor, steps=sizes['steps'])
        return [measure_steps(name, batch=batch, **options, **common) for batch in args.batch]
    if kind_of(name) == 'quality':
        from mmgenprior.benchmark.quality import measure_quality

        return [measure_quality(name, **whole, **common)]
    from mmgenprior.benchmark.curves import measure_curves

    if not args.lpips:
        print('LPIPS is left out: give its weights, --lpips FILE', flush=True)
    return [measure_curves(name, lpips=args.lpips, **whole, **common)]


def _missing(name: str) -> str | None:
    """What a case on real faces lacks, with what to do; None if it lacks nothing."""
    if kind_of(name) == 'step' or 'began64' not in name:
        return None
    prior = Path(os.environ.get('MGP_PRIOR_ROOT', 'checkpoints')) / 'began_celeba64.pth'
    faces = Path(os.environ.get('MGP_DATA_ROOT', 'data')) / 'faces64'
    if not prior.is_file():
        return f"there is no '{prior}': set MGP_PRIOR_ROOT to its folder"
    if not faces.is_dir():
        return f"there is no '{faces}': set MGP_DATA_ROOT to the folder above"
    return None


def _check_device(device: str) -> None:
    import torch

    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"--device '{device}' cannot be used ({reason}): take cpu") from error
