"""MMGenPrior: image restoration with pre-trained generative priors.

Importing this package is cheap: it installs the import shims that stock MMagic
needs on a current stack (:mod:`mmgenprior.compat`) and nothing else. What it
offers, :func:`restore` first, is imported when it is asked for. Importing
:mod:`mmgenprior.components` registers every component with MMagic.
"""

from __future__ import annotations

from mmgenprior import compat
from mmgenprior.utils.lazy import lazily
from mmgenprior.version import __version__

compat.install()

# Of mmgenprior.api.
_OFFERED = (
    'Cancelled',
    'GenPriorInferencer',
    'GenPriorReconstructor',
    'Restoration',
    'Restorer',
    'list_damages',
    'list_methods',
    'list_priors',
    'restore',
)
__all__ = [*_OFFERED, '__version__']

__getattr__ = lazily(__name__, dict.fromkeys(_OFFERED, 'api'))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
