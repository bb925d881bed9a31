"""MMGenPrior: image restoration with pre-trained generative priors.

Importing this package is cheap: it installs the import shims that stock MMagic
needs on a current stack (:mod:`mmgenprior.compat`) and nothing else. Importing
:mod:`mmgenprior.components` registers every component with MMagic.
"""

from mmgenprior import compat
from mmgenprior.version import __version__

compat.install()

__all__ = ['__version__']
