"""Restore damaged photos: one line in, one picture out, and how far to trust it.

Faces are found, aligned to what the prior draws, restored and put back; what a photo holds exactly
is kept: the pixels outside a hole, the luminance of a grey photo, a low resolution. The same
command again goes on where it stopped.

  mmgenprior restore portrait.png --mask hole.png       white in the mask is known
  mmgenprior restore scan.png --damage grey             give a grey photo its colours
  mmgenprior restore small.jpg --damage sr4             four times the size
  mmgenprior restore shaken.png --kernel shake.npy      a blur of which the kernel is known
  mmgenprior restore holidays/ --damage noise --out nicer
"""

from __future__ import annotations

import argparse

from mmgenprior.cli.arguments import KeyValues, add_debug, listing, whole_number
from mmgenprior.damages import KINDS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    forms = {kind.form: kind.about for kind in KINDS.values() if kind.photographs}
    more = {
        'A+B': 'a chain, in the order of what happened: grey+hole',
        'auto': 'seen from the file',
    }
    parser.epilog = (
        f'{listing("damages", {**forms, **more})}\n\n'
        'Priors: mmgenprior download --list. Methods: gaussnewton (says how sure it is), csgm,\n'
        'iagan, mapd, dgp, mganprior, bigprior (needs a trained φ), dip.'
    )
    parser.add_argument('photos', nargs='+', metavar='PHOTO', help='picture files, or folders')
    parser.add_argument(
        '--damage', default='auto', help='what happened to them, see below (auto, which tells it)'
    )
    parser.add_argument(
        '--mask', metavar='FILE', help='white is known, black the hole; or a folder, one each'
    )
    parser.add_argument(
        '--invert-mask', action='store_true', help='white marks the hole in the mask instead'
    )
    parser.add_argument(
        '--kernel',
        metavar='FILE',
        help='of a blur: what a point of light became, .npy or a picture; or its width in pixels',
    )
    parser.add_argument(
        '--prior',
        metavar='NAME',
        help='of the catalogue (real faces; what is in the package where they cannot be fetched)',
    )
    parser.add_argument('--method', default='gaussnewton', metavar='NAME', help='(gaussnewton)')
    parser.add_argument(
        '--out', default='restored', metavar='FOLDER', help='where all is written (restored)'
    )
    parser.add_argument('--seed', type=whole_number(0), default=0, help='of all that is drawn (0)')
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda, cuda:1 (auto)')
    parser.add_argument('--film', action='store_true', help='also a GIF of how it converged')
    parser.add_argument(
        '--as-is',
        nargs='?',
        const='crop',
        choices=['crop', 'tile'],
        help='look for no faces: restore the square in the middle (crop), or the whole photo in '
        "squares of the prior's size (tile)",
    )
    parser.add_argument(
        '--truth', metavar='FILE', help='the undamaged photo, for metrics; or a folder, one each'
    )
    parser.add_argument(
        '--options',
        nargs='+',
        action=KeyValues,
        metavar='KEY=VALUE',
        help="the method's own arguments, as in a config: samples=4 stages.descent.iterations=20",
    )
    parser.add_argument(
        '--on-error',
        choices=['skip', 'stop'],
        default='skip',
        help='go on with the next photo, the default, or end at the first that fails',
    )
    parser.add_argument('--again', action='store_true', help='restore what is finished once more')
    add_debug(parser)


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    from mmgenprior.api.folders import Request, restore_files
    from mmgenprior.api.restorer import Restorer
    from mmgenprior.cli.configs import nested, read_options
    from mmgenprior.cli.live_picture import LivePicture

    live = LivePicture()
    restorer = Restorer(
        args.prior,
        args.method,
        args.device,
        args.seed,
        nested(read_options(args.options or [])),
        live.say,
    )
    request = Request(
        damage=args.damage,
        mask=args.mask,
        invert_mask=args.invert_mask,
        truth=args.truth,
        as_is=args.as_is or False,
        film=args.film,
        kernel=args.kernel,
    )
    stops = args.on_error == 'stop'
    try:
        restore_files(restorer, args.photos, args.out, request, live, args.again, stops)
    finally:
        live.close()
