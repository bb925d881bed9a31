"""Train the model of a config."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mmgenprior.cli.arguments import add_config_arguments
from mmgenprior.cli.configs import load_config
from mmgenprior.cli.launch import leave_processes
from mmgenprior.cli.runner import build_runner
from mmgenprior.utils.errors import UserError

if TYPE_CHECKING:
    from mmengine.config import Config


def use_mixed_precision(cfg: Config) -> None:
    """Change every plain optimiser wrapper of the config to one of mixed precision.

    On an accelerator that is float16 with loss scaling, on the CPU bfloat16.
    """
    from mmengine.device import get_device

    on_cpu = get_device() == 'cpu'
    if cfg.get('optim_wrapper') is None:
        raise UserError("--amp: the config has no 'optim_wrapper', so there is nothing to train")
    wrapper = cfg.optim_wrapper
    single = 'type' in wrapper or 'optimizer' in wrapper
    parts = [wrapper] if single else [v for v in wrapper.values() if isinstance(v, dict)]
    for part in parts:
        kind = part.get('type', 'OptimWrapper')
        if kind == 'BFloat16OptimWrapper':
            continue
        if kind not in ('OptimWrapper', 'AmpOptimWrapper'):
            raise UserError(f"--amp replaces 'OptimWrapper', and the config has '{kind}'")
        if on_cpu:
            part.type = 'BFloat16OptimWrapper'
            part.pop('loss_scale', None)
        else:
            part.type = 'AmpOptimWrapper'
            part.setdefault('loss_scale', 'dynamic')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_config_arguments(parser)
    parser.add_argument('--resume', action='store_true', help='go on from the last checkpoint')
    parser.add_argument('--amp', action='store_true', help='train in mixed precision')
    parser.add_argument(
        '--auto-scale-lr', action='store_true', help='scale the step size with the batch size'
    )


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    cfg = load_config(args, 'train')
    if args.amp:
        use_mixed_precision(cfg)
    if args.auto_scale_lr:
        if not (cfg.get('auto_scale_lr') or {}).get('base_batch_size'):
            raise UserError("--auto-scale-lr needs 'auto_scale_lr.base_batch_size' in the config")
        cfg.auto_scale_lr.enable = True
    if args.resume:
        cfg.resume = True
    runner = build_runner(cfg, frozen=False)
    if runner.rank == 0:
        print(f'Working directory: {cfg.work_dir}')
    runner.train()
    leave_processes()
