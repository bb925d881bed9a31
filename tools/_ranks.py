"""torchrun, which tells of a failure in one line; see mmgenprior/cli/ranks.py."""

import sys

import _door  # noqa: F401  (the package beside this folder)

from mmgenprior.cli.ranks import main

if __name__ == '__main__':
    sys.exit(main())
