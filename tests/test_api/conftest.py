"""Short restorations."""

import numpy as np
import pytest
from short_search import PRIOR, SHORT, face  # noqa: F401  (a fixture)


@pytest.fixture(scope='session')
def known() -> np.ndarray:
    """64×64 bool with a hole."""
    mask = np.ones((64, 64), bool)
    mask[24:40, 20:44] = False
    return mask


@pytest.fixture(scope='session')
def quick():
    """Arguments of a restoration that takes a second or two."""
    return dict(prior=PRIOR, options=SHORT, quiet=True, device='cpu')
