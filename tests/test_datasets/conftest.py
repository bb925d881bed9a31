from __future__ import annotations

import cv2
import pytest

import mmgenprior  # noqa: F401  (before mmagic)


@pytest.fixture
def folder(tmp_path, photo):
    """Write pictures below a folder: relative name → file."""

    def write(*names: str, size: tuple[int, int] = (16, 16)):
        for i, name in enumerate(names):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), photo(*size, seed=i))
        return tmp_path

    return write
