"""Reconstruct photographs with a generator of their own, and change them."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if (ROOT / 'mmgenprior' / '__init__.py').is_file():
    # In a clone, use the package beside this file; an installed tool uses the installed one.
    sys.path[0] = str(ROOT)

from mmgenprior.utils import cli
from mmgenprior.utils.errors import UserError


def reconstructions(cfg, indices, classes=()):
    """The editor, and the chosen photographs of the config's data set with what was measured.

    Everything that can be wrong is found before the first search.
    """
    import torch
    from mmagic.registry import DATASETS, MODELS
    from mmengine.registry import DefaultScope

    import mmgenprior.components  # noqa: F401  (registers everything)
    from mmgenprior.editors.gan_inversion import GANInversion
    from mmgenprior.editors.manipulation import check_classes, reconstruct
    from mmgenprior.engine.console_progress import ConsoleProgress

    with DefaultScope.overwrite_default_scope('mmagic'):
        dataset = DATASETS.build(cfg.test_dataloader.dataset)
        outside = [i for i in indices if not 0 <= i < len(dataset)]
        if outside:
            raise UserError(f'--images {outside[0]}: the data set has 0 to {len(dataset) - 1}')
        editor = MODELS.build(cfg.model)
    if not isinstance(editor, GANInversion):
        raise UserError(
            f"config '{cfg.filename}': {type(editor).__name__} searches no generator; take one "
            'like dgp_toyfaces_manipulate'
        )
    if classes:
        check_classes(editor.prior, classes)
    measured = [dataset[i]['data_samples'].metainfo['measurement'] for i in indices]
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    editor.to(device)
    progress = editor.callback = ConsoleProgress(len(indices), editor.work_per_image)
    found = []
    for m in measured:
        batch = m.bind(device)
        target = batch.bound().measurement_image(batch.y)
        found.append((target, reconstruct(editor, batch)[0]))
        progress.finish_images(1)
    progress.close()
    return editor, found


def run_jitter(args, editor, found, folder):
    import torch

    from mmgenprior.editors.manipulation import jitter
    from mmgenprior.visualization import films

    for target, photo in found:
        rows = [(['target', 'reconstruction'], torch.cat([target, photo.image]))]
        for std in args.std:
            images = jitter(editor.prior, photo, std, args.count, args.seed)
            films.write_frames(folder / photo.key, f'jitter_{std}', images)
            shown = images[:10]
            rows.append(([f'std {std}'] * len(shown), shown))
        films.write_sheet(folder / f'{photo.key}_jitter.png', rows)


def run_morph(args, editor, found, folder):
    import torch

    from mmgenprior.editors.manipulation import morph
    from mmgenprior.visualization import films

    for (target, first), (other, second) in zip(found, found[1:]):
        name = f'{first.key}_to_{second.key}'.replace('/', '_')
        images = morph(editor.prior, first, second, args.frames)
        films.write_frames(folder / name, 'morph', images)
        films.write_gif(folder / f'{name}.gif', images)
        shares = [f'{i / (args.frames - 1):.2f}' for i in range(args.frames)]
        labels = ['target A', *shares, 'target B']
        films.write_sheet(folder / f'{name}.png', [(labels, torch.cat([target, images, other]))])


def run_category(args, editor, found, folder):
    import torch

    from mmgenprior.editors.manipulation import transfer
    from mmgenprior.visualization import films

    for target, photo in found:
        images = transfer(editor.prior, photo, args.classes)
        films.write_frames(folder / photo.key, 'class', images, args.classes)
        labels = ['target', 'reconstruction', *(f'class {c}' for c in args.classes)]
        sheet = [(labels, torch.cat([target, photo.image, images]))]
        films.write_sheet(folder / f'{photo.key}_category.png', sheet)


def main(args):
    if args.what == 'morph' and len(args.images) < 2:
        raise UserError('morph needs two images or more: --images 0 1')
    if args.what == 'morph' and args.frames < 2:
        raise UserError(f'--frames {args.frames}: two or more are needed')
    if args.what == 'jitter' and args.count < 1:
        raise UserError(f'--count {args.count}: one or more are needed')
    if args.what == 'jitter' and min(args.std) < 0:
        raise UserError(f'--std {min(args.std)}: a standard deviation is not negative')
    cfg = cli.load_config(args)
    cli.set_checkpoint(cfg, args.checkpoint)
    folder = Path(cfg.work_dir)
    editor, found = reconstructions(cfg, args.images, getattr(args, 'classes', ()))
    RUN[args.what](args, editor, found, folder)
    print(f'Pictures: {folder}')


RUN = {'jitter': run_jitter, 'morph': run_morph, 'category': run_category}

if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, epilog='See docs/dgp.md.')
    tasks = parser.add_subparsers(dest='what', required=True)
    for task, text in {
        'jitter': 'shift the latent at random',
        'morph': 'go from each image to the next',
        'category': 'change the class',
    }.items():
        sub = tasks.add_parser(
            task, help=text, parents=[cli.argument_parser(__doc__)], add_help=False
        )
        sub.add_argument('--images', type=int, nargs='+', default=[0, 1], help='indices (0 1)')
        sub.add_argument('--checkpoint', help="weights of the model's prior")
        if task == 'jitter':
            sub.add_argument('--std', type=float, nargs='+', default=[0.3, 0.5, 0.7])
            sub.add_argument('--count', type=int, default=30, help='pictures for each std (30)')
            sub.add_argument('--seed', type=int, default=0)
        elif task == 'morph':
            sub.add_argument('--frames', type=int, default=11, help='both ends included (11)')
        else:
            sub.add_argument('--classes', type=int, nargs='+', required=True)
    cli.run(main, parser)
