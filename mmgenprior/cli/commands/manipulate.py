"""Reconstruct photographs with a generator of their own, and change them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmgenprior.cli.arguments import add_config_arguments
from mmgenprior.cli.configs import load_config, set_checkpoint
from mmgenprior.cli.plugins import import_plugins
from mmgenprior.utils.errors import UserError

if TYPE_CHECKING:
    import torch
    from mmengine.config import Config

    from mmgenprior.editors.gan_inversion import GANInversion
    from mmgenprior.editors.manipulation import Reconstruction

    Found = list[tuple[torch.Tensor, Reconstruction]]  # target and what was found


def reconstructions(
    cfg: Config, indices: Sequence[int], classes: Sequence[int] = ()
) -> tuple[GANInversion, Found]:
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

    import_plugins(cfg)
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


def _jitter(args: argparse.Namespace, editor: GANInversion, found: Found, folder: Path) -> None:
    """Shift the latent of each photograph at random."""
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


def _morph(args: argparse.Namespace, editor: GANInversion, found: Found, folder: Path) -> None:
    """Go from each photograph to the next."""
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


def _category(args: argparse.Namespace, editor: GANInversion, found: Found, folder: Path) -> None:
    """Change the class of each photograph."""
    import torch

    from mmgenprior.editors.manipulation import transfer
    from mmgenprior.visualization import films

    for target, photo in found:
        images = transfer(editor.prior, photo, args.classes)
        films.write_frames(folder / photo.key, 'class', images, args.classes)
        labels = ['target', 'reconstruction', *(f'class {c}' for c in args.classes)]
        sheet = [(labels, torch.cat([target, photo.image, images]))]
        films.write_sheet(folder / f'{photo.key}_category.png', sheet)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.epilog = 'See docs/dgp.md.'
    tasks = parser.add_subparsers(dest='what', required=True)
    for task, text in {
        'jitter': 'shift the latent at random',
        'morph': 'go from each image to the next',
        'category': 'change the class',
    }.items():
        sub = tasks.add_parser(task, help=text)
        add_config_arguments(sub)
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


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    if args.what == 'morph' and len(args.images) < 2:
        raise UserError('morph needs two images or more: --images 0 1')
    if args.what == 'morph' and args.frames < 2:
        raise UserError(f'--frames {args.frames}: two or more are needed')
    if args.what == 'jitter' and args.count < 1:
        raise UserError(f'--count {args.count}: one or more are needed')
    if args.what == 'jitter' and min(args.std) < 0:
        raise UserError(f'--std {min(args.std)}: a standard deviation is not negative')
    cfg = load_config(args, 'test')
    set_checkpoint(cfg, args.checkpoint)
    folder = Path(cfg.work_dir)
    editor, found = reconstructions(cfg, args.images, getattr(args, 'classes', ()))
    RUN[args.what](args, editor, found, folder)
    print(f'Pictures: {folder}')


RUN = {'jitter': _jitter, 'morph': _morph, 'category': _category}
