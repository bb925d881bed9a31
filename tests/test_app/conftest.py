"""Short searches, and uploads as a browser leaves them."""

import zlib
from pathlib import Path

import pytest
from PIL import Image
from short_search import PRIOR, SHORT, face  # noqa: F401  (a fixture)

from mmgenprior.app.limits import Limits


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
def stored(tmp_path, face):  # noqa: F811  (the fixture above)
    """Store a picture where gradio puts uploads; returns its path."""

    def store(name: str, pixels=face) -> Path:
        path = tmp_path / f'{zlib.crc32(name.encode()):064x}' / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(pixels, bytes):
            path.write_bytes(pixels)
        else:
            Image.fromarray(pixels).save(path)
        return path

    return store
