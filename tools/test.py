"""Restore the images of a config's test set, or of a folder, and measure the results."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if (ROOT / 'mmgenprior' / '__init__.py').is_file():
    # In a clone, use the package beside this file; an installed tool uses the installed one.
    sys.path[0] = str(ROOT)

from mmgenprior.utils import cli


def main(args):
    cfg = cli.load_config(args)
    cli.set_checkpoint(cfg, args.checkpoint)
    runner = cli.build_runner(cfg, frozen=True)
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
    from mmgenprior.utils.launch import leave_processes

    leave_processes()


if __name__ == '__main__':
    parser = cli.argument_parser(__doc__)
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help="weights of the model's prior, or of the model if it has none; 'none' or nothing "
        "keeps the config's own",
    )
    parser.add_argument('--out', help='also write the metrics to this file (.json, .yml or .pkl)')
    cli.run(main, parser)
