"""One photo in, one photo out: what ``import mmgenprior`` offers.

Names are resolved on first use, so that nothing heavy is imported before it is needed.
"""

from __future__ import annotations

from mmgenprior.utils.lazy import lazily

# Name → module below this package.
_HOMES = {
    'restore': 'restoring',
    'Restorer': 'restorer',
    'Restoration': 'restoration',
    'Cancelled': 'events',
    'list_priors': 'listing',
    'list_methods': 'listing',
    'list_damages': 'listing',
    'GenPriorInferencer': 'inferencer',
    'GenPriorReconstructor': 'reconstructor',
}
__all__ = list(_HOMES)

__getattr__ = lazily(__name__, _HOMES)
