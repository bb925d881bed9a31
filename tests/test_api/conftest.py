"""A face that no prior has seen, and a method cut short."""

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
