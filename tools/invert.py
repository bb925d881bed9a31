"""Restore the images of a config and keep {gt,input,prior}/NAME.png of each, to train φ on.

Goes on where an earlier call with the same settings stopped.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if (ROOT / 'mmgenprior' / '__init__.py').is_file():
    # In a clone, use the package beside this file; an installed tool uses the installed one.
    sys.path[0] = str(ROOT)

from mmgenprior.utils import cli
from mmgenprior.utils.errors import UserError


def main(args):
    args.work_dir = args.work_dir or str(Path(args.out) / 'run')
    cfg = cli.load_config(args)
    cli.set_checkpoint(cfg, args.checkpoint)
    hooks = cfg.get('default_hooks') or {}
    if not hooks.get('report'):
        raise UserError(f"config '{args.config}' restores nothing: it has no default_hooks.report")
    cfg.default_hooks.report.setdefault('resume', True)
    cfg.default_hooks.report.setdefault('refuse_other_settings', True)
    store = dict(type='StoreInversionsHook', folder=args.out, arrays=args.arrays)
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
