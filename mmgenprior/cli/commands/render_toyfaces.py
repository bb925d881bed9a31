"""Write toy faces: one sheet, or a folder of pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from mmgenprior.cli.arguments import UsageError, add_debug, whole_number
from mmgenprior.utils.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    natural = whole_number(0)
    parser.add_argument('out', help='sheet.png, or a folder for one PNG per face')
    parser.add_argument('--split', choices=['train', 'test'], default='test')
    parser.add_argument('--count', type=natural, default=50, help='number of faces (50)')
    parser.add_argument('--first', type=natural, default=0, help='number of the first face (0)')
    parser.add_argument('--seed', type=natural, default=0, help='seed of the family (0)')
    parser.add_argument('--size', type=natural, default=64, help='side in pixels (64)')
    parser.add_argument('--columns', type=natural, default=10, help='faces per row (10)')
    add_debug(parser)


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    if not (args.count and args.size and args.columns):
        raise UsageError('--count, --size and --columns must be at least 1')
    import cv2
    import numpy as np

    from mmgenprior.datasets.toyfaces import render_face

    faces = (
        render_face(args.seed, args.split, args.first + i, args.size) for i in range(args.count)
    )
    out = Path(args.out)
    if out.suffix:
        faces = list(faces)
        rows = -(-len(faces) // args.columns)
        sheet = np.full((rows * args.size, args.columns * args.size, 3), 255, np.uint8)
        for i, face in enumerate(faces):
            top, left = (i // args.columns) * args.size, (i % args.columns) * args.size
            sheet[top : top + args.size, left : left + args.size] = face
        pictures = [(out, sheet)]
    else:
        pictures = (
            (out / f'{args.split}-{args.first + i:06d}.png', face) for i, face in enumerate(faces)
        )
    try:
        (out.parent if out.suffix else out).mkdir(parents=True, exist_ok=True)
        for path, picture in pictures:
            done, data = cv2.imencode(path.suffix, picture[..., ::-1])
            if not done:
                raise UserError(f'{path}: could not be encoded')
            path.write_bytes(data.tobytes())
    except cv2.error:
        raise UserError(f"{out}: '{out.suffix}' is no picture format; use .png") from None
    except OSError as error:
        raise UserError(f'{out}: {error.strerror}') from error
    print(f'{args.count} faces in {out}')
