"""Restore the images of a config and keep {gt,input,prior}/NAME.png of each, to train φ on.

Goes on where an earlier call with the same settings stopped.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if (ROOT / 'mmgenprior' / '__init__.py').is_file():
    # In a clone, use the package beside this file; an installed tool uses the installed one.
    sys.path[0] = str(ROOT)

from mmgenprior.utils import cli
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.paths import expand


def check_config(cfg, name):
    """See that the config restores measurements, which is what an inversion is."""
    if not (cfg.get('default_hooks') or {}).get('report'):
        raise UserError(f"config '{name}' restores nothing: it has no default_hooks.report")
    dataset = (cfg.get('test_dataloader') or {}).get('dataset') or {}
    if any(step.get('type') == 'LoadInversion' for step in dataset.get('pipeline') or ()):
        raise UserError(
            f"config '{name}' fuses stored inversions, which are what this tool makes: invert with "
            'a config of the editor that is the prior, such as mganprior_*'
        )


def make_folders(out):
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


def main(args):
    args.out = expand(args.out, 'OUT')
    args.work_dir = args.work_dir or str(args.out / 'run')
    cfg = cli.load_config(args)
    cli.set_checkpoint(cfg, args.checkpoint)
    check_config(cfg, args.config)
    make_folders(args.out)
    cfg.default_hooks.report.setdefault('resume', True)
    cfg.default_hooks.report.setdefault('refuse_other_settings', True)
    store = dict(type='StoreInversionsHook', folder=str(args.out), arrays=args.arrays)
    cfg.custom_hooks = [*(cfg.get('custom_hooks') or []), store]
    runner = cli.build_runner(cfg, frozen=True)
    runner.test()
    if runner.rank == 0:
        print(f'Inversions:      {args.out}')
    from mmgenprior.utils.launch import leave_processes

    leave_processes()


if __name__ == '__main__':
    parser = cli.argument_parser(__doc__)
    parser.add_argument('out', help='folder that gets gt, input and prior')
    parser.add_argument(
        'checkpoint', nargs='?', help="weights of the model's prior; nothing keeps the config's own"
    )
    parser.add_argument(
        '--arrays',
        action='store_true',
        help='also NAME.npy, neither rounded nor clipped, as noisy measurements need',
    )
    cli.run(main, parser)
