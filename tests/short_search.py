"""A face that no prior has seen, and a search cut short."""

import numpy as np
import pytest

from mmgenprior.datasets.toyfaces import render_face

PRIOR = 'dcgan_toyfaces'
# Enough to run every part; no result is good.
SHORT = dict(
    stages=dict(
        descent=dict(iterations=2),
        features=dict(iterations=1),
        adapted=dict(iterations=2),
        sampled=dict(iterations=2),
    )
)


@pytest.fixture(scope='session')
def face() -> np.ndarray:
    """64×64×3 uint8, RGB."""
    return render_face(0, 'test', 0, 64)
