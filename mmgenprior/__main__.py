"""``python -m mmgenprior`` does the same as ``mmgenprior``."""

import sys

from mmgenprior.cli.main import main

if __name__ == '__main__':
    sys.exit(main())
