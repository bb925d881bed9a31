"""Check a BEGAN generator (64 or 128 pixels) and write it for our BEGANGenerator."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (ROOT / 'mmgenprior' / '__init__.py').is_file():
    # In a clone, use the package beside this file; an installed tool uses the installed one.
    sys.path[0] = str(ROOT)

from mmgenprior.utils.convert_cli import run

if __name__ == '__main__':
    run(__doc__, 'convert_began')
