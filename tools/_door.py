"""From a script in this folder to the sub-command of `mmgenprior` that has its name.

In a clone the package beside this folder is used, whatever is installed; an installed tool uses the
installed package.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
if Path(sys.path[0]).resolve() == HERE:
    # To the end, where test.py and convert.py hide nobody's module and worker processes, which
    # import the script again, still find this one.
    sys.path.append(sys.path.pop(0))
    if (HERE.parent / 'mmgenprior' / '__init__.py').is_file():
        sys.path.insert(0, str(HERE.parent))

from mmgenprior.cli.main import run_command  # noqa: E402  (found by the above)


def enter(script):
    """Run the sub-command and exit with its status."""
    sys.exit(run_command(Path(script).stem.replace('_', '-')))
