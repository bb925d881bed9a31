"""Write toy faces: one sheet, or a folder of pictures."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if (ROOT / 'mmgenprior' / '__init__.py').is_file():
    # In a clone, use the package beside this file; an installed tool uses the installed one.
    sys.path[0] = str(ROOT)


def natural(text):
    """A whole number from 0."""
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def read_arguments(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', help='sheet.png, or a folder for one PNG per face')
    parser.add_argument('--split', choices=['train', 'test'], default='test')
    parser.add_argument('--count', type=natural, default=50, help='number of faces (50)')
    parser.add_argument('--first', type=natural, default=0, help='number of the first face (0)')
    parser.add_argument('--seed', type=natural, default=0, help='seed of the family (0)')
    parser.add_argument('--size', type=natural, default=64, help='side in pixels (64)')
    parser.add_argument('--columns', type=natural, default=10, help='faces per row (10)')
    args = parser.parse_args(argv)
    if not (args.count and args.size and args.columns):
        parser.error('--count, --size and --columns must be at least 1')
    return args


def main(args):
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
                sys.exit(f'error: {path}: could not be encoded')
            path.write_bytes(data.tobytes())
    except cv2.error:
        sys.exit(f"error: {out}: '{out.suffix}' is no picture format; use .png")
    except OSError as error:
        sys.exit(f'error: {out}: {error.strerror}')
    print(f'{args.count} faces in {out}')


if __name__ == '__main__':
    main(read_arguments())
