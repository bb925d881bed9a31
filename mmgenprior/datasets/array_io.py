"""Reading NumPy files as data: never unpickled, and nothing allocated that the file does not hold.

Needs neither torch nor MMagic.
"""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from mmgenprior.utils.errors import UserError
from mmgenprior.utils.names import printable

ARRAY_SUFFIXES = ('.npy', '.npz')
MOST_BYTES = 1 << 30
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# Shape of an array and its type, as a header tells them.
Kind = tuple[tuple[int, ...], np.dtype]


def read_arrays(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """The arrays of an ``.npz`` file by name, or that of an ``.npy`` file under ``y``.

    Args:
        path: The file.

    Returns:
        Arrays of real numbers or truth values, as they were stored.

    Raises:
        UserError: There is no such file, it is damaged, no plain NumPy file, promises more than it
            holds or than 1 GiB, or holds something else than finite real numbers.
    """
    path = Path(path)
    arrays = {}
    with _named(path):
        for name, (shape, dtype), stream in _members(path):
            count = math.prod(shape)
            # One byte more would be read if it were there.
            data = stream.read(count * dtype.itemsize + 1)
            if len(data) != count * dtype.itemsize:
                raise UserError(f"'{name}' does not hold what its header promises")
            array = np.frombuffer(data, dtype, count).copy()
            fortran = getattr(stream, 'is_fortran', False)
            array = array.reshape(shape[::-1]).T if fortran else array.reshape(shape)
            if dtype.kind == 'f' and not np.isfinite(array).all():
                raise UserError(f'{name} holds values that are no numbers')
            arrays[name] = array
    return arrays


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Whatever the bytes of a file raise is one line with its name."""
    name = printable(str(path))
    try:
        if not path.is_file():
            raise UserError('no such file')
        yield
    except UserError as error:
        raise UserError(f'{name}: {error}') from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno:
            raise UserError(f'{name}: cannot be read ({error.strerror})') from error
        reason = printable(' '.join(str(error).split()))[:200] or type(error).__name__
        raise UserError(f'{name}: not a plain NumPy file ({reason})') from error


class _Stream:
    """The bytes behind a header."""

    def __init__(self, file: BinaryIO, is_fortran: bool) -> None:
        self.read = file.read
        self.is_fortran = is_fortran


def _members(path: Path) -> Iterator[tuple[str, Kind, _Stream]]:
    """Name, kind and bytes of every array, all checked before the first is given."""
    with path.open('rb') as file:
        is_archive = file.read(4) in (b'PK\x03\x04', b'PK\x05\x06')
    if not is_archive:
        with path.open('rb') as file:
            shape, is_fortran, dtype = _header(file)
            rest = path.stat().st_size - file.tell()
            _check('y', (shape, dtype), rest)
            yield 'y', (shape, dtype), _Stream(file, is_fortran)
        return
    with zipfile.ZipFile(path) as archive:
        total = sum(info.file_size for info in archive.infolist())
        if total > MOST_BYTES:
            raise UserError(
                f'promises {total / 1e9:,.1f} GB in {path.stat().st_size:,} bytes, more than '
                f'{MOST_BYTES >> 30} GiB is not read'
            )
        for info in archive.infolist():
            name = info.filename.removesuffix('.npy')
            with archive.open(info) as file:
                shape, is_fortran, dtype = _header(file)
                _check(name, (shape, dtype), info.file_size - file.tell())
                yield name, (shape, dtype), _Stream(file, is_fortran)


def _header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = npy.read_magic(file)
    if version not in _HEADERS:
        raise UserError(f'its header is of version {version[0]}.{version[1]}; save it again')
    return _HEADERS[version](file)


def _check(name: str, kind: Kind, rest: int) -> None:
    """Refuse what is no array of numbers, or not as large as its bytes."""
    shape, dtype = kind
    if dtype.hasobject:
        raise UserError(f'{name} holds objects, which are not read: Python code could run')
    if dtype.kind not in 'fiub' or not dtype.itemsize:
        raise UserError(f'{name} is of type {dtype}, not real numbers')
    promised = math.prod(shape) * dtype.itemsize
    if not promised:
        raise UserError(f"'{name}' holds no number, its shape is {shape}")
    if any(side < 0 for side in shape) or promised != rest:
        raise UserError(
            f"the header of '{name}' promises {_bytes(promised)}, the file holds {_bytes(rest)}"
        )
    if promised > MOST_BYTES:
        raise UserError(f'{name} holds {_bytes(promised)}; more than 1 GiB is not read')


def _bytes(count: int) -> str:
    return f'{count:,} bytes' if abs(count) < 10**9 else f'{count / 1e9:,.1f} GB'
