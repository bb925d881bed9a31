"""Short searches, and uploads as a browser leaves them."""

from pathlib import Path

import pytest
from PIL import Image

from mmgenprior.app.limits import Limits
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
def face():
    """64×64×3 uint8, RGB."""
    return render_face(0, 'test', 0, 64)


@pytest.fixture
def limits():
    return Limits(megabytes=1, megapixels=1)


@pytest.fixture
def folder(tmp_path) -> Path:
    """Of a session."""
    made = tmp_path / 'session'
    made.mkdir()
    return made


@pytest.fixture
def stored(tmp_path, face):
    """Store a picture where gradio puts uploads; returns its path."""

    def store(name: str, pixels=face) -> Path:
        path = tmp_path / f'{len(name):064x}' / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(pixels, bytes):
            path.write_bytes(pixels)
        else:
            Image.fromarray(pixels).save(path)
        return path

    return store
