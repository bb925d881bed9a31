from __future__ import annotations

import cv2
import numpy as np
import pytest

import mmgenprior  # noqa: F401  (before mmagic)


@pytest.fixture
def photo():
    """A smooth colour picture, H×W×3 BGR uint8."""

    def make(height: int = 16, width: int = 16, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        coarse = rng.integers(0, 256, (4, 4, 3)).astype(np.uint8)
        return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)

    return make


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
