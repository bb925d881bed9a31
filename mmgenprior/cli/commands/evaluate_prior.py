"""Tell how near the pictures of a prior are to toy faces that no training has seen.

Or the Inception Score of the pictures in a folder.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mmgenprior.cli.arguments import add_debug, whole_number
from mmgenprior.cli.configs import find_config
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.catalogue import catalogue
from mmgenprior.weights.resolve import find_checkpoint

if TYPE_CHECKING:
    from mmgenprior.priors import Prior

MEANING = {
    'samples': 'of the prior',
    'training faces': 'the floor: as near as other faces of the family are',
    'blurred faces': 'training faces behind a Gaussian of σ = 2/64 of the side',
    'noise': 'uniform in every pixel',
}


def check(args: argparse.Namespace) -> Path | None:
    """Find what the arguments name; return the config, None for a name in the catalogue."""
    priors = catalogue()
    path = None
    if args.prior not in priors:
        path = find_config(args.prior, priors, 'prior or config')
    if args.checkpoint and '://' not in args.checkpoint:
        find_checkpoint(args.checkpoint)
    if args.inception:
        check_inception(args.inception)
    return path


def check_inception(path: str) -> None:
    """Refuse a missing file before anything is loaded."""
    if not Path(path).is_file():
        raise UserError(f"--inception: '{path}' not found: give inception-2015-12-05.pt")


def load_prior(args: argparse.Namespace, path: Path | None) -> Prior:
    """Build the prior of a name in the catalogue or of a config."""
    import mmgenprior.components  # noqa: F401  (registers everything)
    from mmgenprior.converters.from_config import prior_of_config
    from mmgenprior.priors import build_prior

    if path is None:
        prior = dict(type='zoo', name=args.prior)
        if args.checkpoint:
            prior['checkpoint'] = args.checkpoint
    else:
        prior = prior_of_config(path, args.checkpoint)
    if args.checkpoint_prefix is not None:
        prior['checkpoint_prefix'] = args.checkpoint_prefix
    return build_prior(prior)


def write_sheet(path: str, prior: Prior, seed: int) -> None:
    """An 8×8 sheet of the first samples."""
    import numpy as np
    from skimage.util import montage

    from mmgenprior.priors.sampling import sample_images
    from mmgenprior.utils.files import write_png

    tiles = np.concatenate(list(sample_images(prior, 64, seed)))
    sheet = montage(tiles, grid_shape=(8, 8), channel_axis=-1)
    write_png(Path(path), np.ascontiguousarray(sheet[..., ::-1]))


def score_folder(args: argparse.Namespace) -> None:
    """Print MMagic's Inception Score of the pictures in a folder."""
    if not args.inception:
        raise UserError(
            f"'{args.prior}' is a folder: for the Inception Score of its pictures give --inception "
            'inception-2015-12-05.pt'
        )
    check_inception(args.inception)
    import numpy as np
    import torch

    from mmgenprior.datasets.restoration_dataset import RestorationDataset
    from mmgenprior.evaluation.inception import inception_score
    from mmgenprior.utils.image_io import read_image

    files = [s['gt_path'] for s in RestorationDataset(args.prior, pipeline=[])]

    def rgb(file):
        bgr = np.uint8(read_image(file).round())
        return np.broadcast_to(bgr, (*bgr.shape[:2], 3))[None, ..., ::-1]

    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    score, deviation = inception_score(
        args.inception, map(rgb, files), device, splits=min(10, len(files))
    )
    print(f'Inception Score of {len(files)} pictures: {score:.2f} ± {deviation:.2f}')


def print_reconstruction(prior: Prior, args: argparse.Namespace, device: str) -> None:
    """Print how near the best latents come to undamaged faces that no training has seen."""
    import torch

    from mmgenprior.datasets.toyfaces import CLASSES, render_face
    from mmgenprior.inversion.reconstruction import reconstruct

    found = []
    for number in range(args.reconstruct):
        face = torch.from_numpy(render_face(0, 'test', number, prior.image_size).copy())
        face = face.to(device).permute(2, 0, 1)[None] / 255
        label = [number % len(CLASSES)] if 'class_embedding' in prior.latent_shapes else None
        image = reconstruct(prior, face, [f'test-{number:06d}'], label, seed=args.seed)
        found.append(-10 * torch.log10((image - face).square().mean()).item())
    print(
        f'PSNR of the best latent alone, {args.reconstruct} undamaged held-out faces: '
        f'{sum(found) / len(found):.2f} dB, the worst {min(found):.2f}'
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.epilog = 'See docs/metrics.md.'
    parser.add_argument(
        'prior',
        help='name in the catalogue, a config with a prior or a GAN, or a folder of pictures',
    )
    parser.add_argument('--checkpoint', help="weights to use instead of the config's own")
    parser.add_argument(
        '--checkpoint-prefix', help="'generator' for the raw weights of a GAN, not their average"
    )
    parser.add_argument(
        '--samples', type=whole_number(2), default=1000, help='pictures in every set (1000)'
    )
    parser.add_argument('--seed', type=whole_number(0), default=0, help='seed of the samples (0)')
    parser.add_argument('--sheet', help='also write 8×8 samples to this PNG file')
    parser.add_argument(
        '--reconstruct',
        type=whole_number(0),
        default=0,
        metavar='N',
        help='also search the latents alone of N undamaged held-out faces: what no search of them '
        'can pass (0)',
    )
    parser.add_argument(
        '--inception', help='inception-2015-12-05.pt, for its features: FID and Inception Score'
    )
    add_debug(parser)


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    if args.prior not in catalogue() and Path(args.prior).is_dir():
        return score_folder(args)
    prior = load_prior(args, check(args))

    import torch

    from mmgenprior.evaluation.inception import inception_features, inception_score
    from mmgenprior.evaluation.prior_distance import prior_distances
    from mmgenprior.evaluation.random_features import RandomFeatures
    from mmgenprior.priors.sampling import sample_images

    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    prior.to(device)
    if args.inception:
        title, network = 'FID', inception_features(args.inception, device)
    else:
        title = 'Fréchet distance of random features (not FID)'
        network = RandomFeatures().to(device)
    if args.sheet:
        write_sheet(args.sheet, prior, args.seed)
    distances = prior_distances(prior, network, args.samples, args.seed, device)
    print(f'{title}, {args.samples} pictures and as many held-out toy faces, seed {args.seed}')
    for name, value in distances.items():
        print(f'  {name:<15}{value:10.2f}  {MEANING[name]}')
    if args.inception:
        pictures = sample_images(prior, args.samples, args.seed)
        score, deviation = inception_score(args.inception, pictures, device)
        print(f'Inception Score of the samples: {score:.2f} ± {deviation:.2f}')
    if args.reconstruct:
        print_reconstruction(prior, args, device)
