"""Stretch the intervals of a method until they hold as much of training images as they say."""

from __future__ import annotations

import argparse
import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgenprior.cli.arguments import add_config_arguments, add_fresh, whole_number
from mmgenprior.cli.configs import load_config
from mmgenprior.cli.runner import build_runner_in
from mmgenprior.utils.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from mmengine.config import Config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_config_arguments(parser)
    add_fresh(parser)
    parser.add_argument(
        '--also', nargs='+', default=[], help='configs of further tasks; all count the same'
    )
    parser.add_argument(
        '--images', type=whole_number(1), default=16, help='training images of each task (16)'
    )
    parser.add_argument(
        '--folder', help='folder of training photos below the data root; toy faces need none'
    )


def on_training_images(cfg: Config, args: argparse.Namespace) -> None:
    """Point the test loader at training images that no generator of the package has seen."""
    dataset = cfg.test_dataloader.dataset
    if dataset.type == 'ToyFacesDataset':
        if args.folder:
            raise UserError('--folder: toy faces are rendered, they have no folder')
        from mmgenprior.datasets.toyfaces.parameters import FIRST_UNSEEN

        end = FIRST_UNSEEN + args.images
        dataset.update(split='train', length=end, indices=list(range(FIRST_UNSEEN, end)))
    elif args.folder:
        dataset.data_prefix = dict(gt=args.folder)
        dataset.indices = args.images
    else:
        raise UserError(f'{dataset.type}: name a folder of training photos by --folder')


def errors_of(cfg: Config, folder: Path, name: str, fresh: bool) -> np.ndarray:
    """Restore the images; the errors of all values in deviations that are not calibrated."""
    import numpy as np
    from mmengine.hooks import Hook

    from mmgenprior.evaluation.calibration import normalised_errors
    from mmgenprior.utils.files import file_of, write_array

    class KeepErrors(Hook):
        """Write ``errors/<key>.npy`` of every image, which an image taken over must have."""

        def files_of(self, key: str) -> list[str]:
            return [file_of(Path('errors'), key, '.npy').as_posix()]

        def after_test_iter(
            self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
        ) -> None:
            for sample in outputs:
                deviation = sample.output.get('deviation')
                if deviation is None or 'gt_img' not in sample:
                    raise UserError(
                        f'{name}: only a method that tells deviations (GaussNewton with samples), '
                        'of images with a ground truth, can be calibrated'
                    )
                errors = normalised_errors(sample.gt_img, sample.output.pred_img, deviation)
                (file,) = self.files_of(sample.metainfo['row']['key'])
                saved = {
                    **sample.metainfo.get('saved', {}),
                    file: write_array(folder / file, errors),
                }
                sample.set_metainfo(dict(saved=saved))

    from mmgenprior.datasets.array_io import read_arrays

    cfg = copy.deepcopy(cfg)
    cfg.model.calibration = 1.0
    cfg.model.baselines = []
    cfg.merge_from_dict({'default_hooks.report.pictures': False})
    runner = build_runner_in(cfg, folder, fresh)
    keep = KeepErrors()
    runner.register_hook(keep, 'LOW')  # before the report notes the image as finished
    runner.test()
    (done,) = (hook.done for hook in runner.hooks if hasattr(hook, 'done'))
    files = [folder / file for entry in done.entries for file in keep.files_of(entry.key)]
    return np.concatenate([read_arrays(file)['y'] for file in files])


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    if args.launcher != 'none':
        raise UserError('--launcher: a calibration runs in one process')
    first = Path(args.config).stem
    out = Path(args.work_dir or Path('work_dirs') / f'calibrate_{first}')
    configs = {}
    for name in (args.config, *args.also):
        cfg = load_config(argparse.Namespace(**{**vars(args), 'config': name}), 'test')
        on_training_images(cfg, args)
        if cfg.model.type != 'GaussNewton':
            raise UserError(f'{name}: {cfg.model.type} tells no intervals, only GaussNewton does')
        configs[Path(name).stem] = cfg
    errors = {name: errors_of(cfg, out / name, name, args.fresh) for name, cfg in configs.items()}

    from mmgenprior.evaluation.calibration import coverage_of, stretching
    from mmgenprior.inversion.pixel_uncertainty import LEVELS

    factors = [round(factor, 2) for factor in stretching(errors, LEVELS)]
    report = dict(images=args.images, levels=LEVELS, calibration=factors, coverage={})
    for name, values in errors.items():
        before = [round(coverage_of(values, level), 1) for level in LEVELS]
        after = [round(coverage_of(values, *pair), 1) for pair in zip(LEVELS, factors)]
        report['coverage'][name] = dict(before=before, after=after)
        print(f'{name}: {before} % lie inside the {LEVELS} % intervals, calibrated {after} %')
    (out / 'calibration.json').write_text(json.dumps(report, indent=2) + '\n')
    print(f'calibration={factors}; {out}/calibration.json')
