"""Whatever the bytes of a file are changed to, it is read, or named in one line."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mmgenprior.datasets.array_io import read_arrays
from mmgenprior.utils.errors import CheckpointError, UserError
from mmgenprior.utils.image_io import check_image, read_image
from mmgenprior.weights.reading import read_checkpoint

_FEW = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
_RNG = np.random.default_rng(0)


def _pictures() -> dict[str, bytes]:
    values = _RNG.integers(0, 256, (12, 12, 4)).astype(np.uint8)
    found = {}
    for kind, mode in (
        *(('PNG', 'RGB'), ('PNG', 'RGBA'), ('PNG', 'P'), ('PNG', 'I;16'), ('JPEG', 'RGB')),
        *(('JPEG', 'CMYK'), ('GIF', 'P'), ('BMP', 'RGB'), ('TIFF', 'RGBA'), ('TIFF', 'L')),
        *(('PPM', 'RGB'), ('WEBP', 'RGBA')),
    ):
        picture = Image.fromarray(values)
        if mode == 'I;16':
            picture = Image.fromarray(values[..., 0].astype(np.uint16) * 257)
        else:
            picture = picture.convert('RGB').convert(mode) if mode != 'RGBA' else picture
        content = io.BytesIO()
        picture.save(content, kind)
        found[f'{kind.lower()}-{mode}'] = content.getvalue()
    return found


@st.composite
def harmed(draw: st.DrawFn, whole: bytes) -> bytes:
    """Bytes with some flipped, cut out, put in, or the end cut off."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        # The first bytes decide most.
        most = draw(st.sampled_from([min(len(data), 64), len(data)]))
        place = draw(st.integers(0, max(most - 1, 0)))
        match draw(st.sampled_from(['flip', 'set', 'cut', 'put', 'end'])):
            case 'flip' if data:
                data[min(place, len(data) - 1)] ^= 1 << draw(st.integers(0, 7))
            case 'set':
                data[place : place + 4] = draw(
                    st.sampled_from([bytes(4), b'\xff' * 4, b'\x7f' + b'\xff' * 3])
                )
            case 'cut':
                del data[place : place + draw(st.integers(1, 40))]
            case 'put':
                data[place:place] = draw(st.binary(min_size=1, max_size=20))
            case 'end':
                del data[place:]
    return bytes(data)


def one_line(error: UserError, path: Path) -> None:
    text = str(error)
    assert str(path) in text and text.isprintable() and len(text) < 600


def read_harmed(data: bytes, kind: str, read: Callable[[Path], Any], refusal: type) -> Any:
    """What is read of a file; None where it is refused in one line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f'a.{kind}'
        path.write_bytes(data)
        try:
            return read(path)
        except refusal as error:
            one_line(error, path)
            return None


@pytest.mark.filterwarnings('ignore::UserWarning:PIL', 'ignore::RuntimeWarning')
@pytest.mark.parametrize('kind', _pictures())
def test_pictures(kind):
    whole = _pictures()[kind]

    @_FEW
    @given(harmed(whole))
    def check(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f'a.{kind.partition("-")[0]}'
            path.write_bytes(data)
            try:
                header = check_image(path)
            except UserError as error:
                one_line(error, path)
                with pytest.raises(UserError):
                    read_image(path)
                return
            try:
                image = read_image(path)
            except UserError as error:  # what OpenCV alone is strict about
                one_line(error, path)
                return
            assert image.shape[:2] == (header.height, header.width)
            assert np.isfinite(image).all() and 0 <= image.min() <= image.max() <= 255

    check()


def _arrays() -> dict[str, bytes]:
    values = _RNG.random((3, 4, 4)).astype(np.float32)
    plain, packed = io.BytesIO(), io.BytesIO()
    np.save(plain, values)
    np.savez_compressed(packed, y=values, mask=values > 0.5)
    return {'npy': plain.getvalue(), 'npz': packed.getvalue()}


@pytest.mark.parametrize('kind', ['npy', 'npz'])
def test_arrays(kind):
    @_FEW
    @given(harmed(_arrays()[kind]))
    def check(data: bytes) -> None:
        arrays = read_harmed(data, kind, read_arrays, UserError)
        if arrays is not None:
            assert sum(array.nbytes for array in arrays.values()) < 10_000

    check()


def _weights() -> dict[str, bytes]:
    from safetensors.torch import save

    state = {'a.weight': torch.arange(12.0).view(3, 4), 'b': torch.ones(2)}
    found = {'safetensors': save(state)}
    for name, is_zip in (('pth', True), ('pt', False)):
        content = io.BytesIO()
        torch.save(state, content, _use_new_zipfile_serialization=is_zip)
        found[name] = content.getvalue()
    return found


@pytest.mark.parametrize('kind', ['safetensors', 'pth', 'pt'])
def test_weights(kind):
    @_FEW
    @given(harmed(_weights()[kind]))
    def check(data: bytes) -> None:
        content = read_harmed(data, kind, read_checkpoint, CheckpointError)
        if content is not None:
            total = sum(v.numel() for v in content.values() if isinstance(v, torch.Tensor))
            assert total < 10_000

    check()
