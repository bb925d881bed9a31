"""Convert a PGGAN generator of prog_gans_pytorch_inference (IAGAN) for MMagic's PGGANGenerator."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / 'mmgenprior' / '__init__.py').is_file():
    # In a clone, use the package beside this file; an installed tool uses the installed one.
    sys.path[0] = str(ROOT)

from mmgenprior.utils.convert_cli import run

if __name__ == '__main__':
    run(__doc__, 'convert_pggan_ptrblck')
