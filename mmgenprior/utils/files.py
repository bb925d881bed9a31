"""Writing results so that an interruption leaves no half file."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmgenprior.utils.errors import UserError


def write_atomically(path: Path, data: bytes) -> str:
    """Write to a temporary name beside ``path``, then rename.

    Returns:
        SHA-256 of the data.

    Raises:
        UserError: With one line that names the file, e.g. when the disk is full.
    """
    # Of the name only a hash: with more around it, a long one would be too long.
    short = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
    temporary = path.with_name(f'.{short}.{os.getpid()}.tmp')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        # Made anew: nothing is written through a link that somebody left under this name.
        with temporary.open('xb') as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):  # the first error is the one to tell
            temporary.unlink(missing_ok=True)
        raise _cannot_write(path, error) from None
    return hashlib.sha256(data).hexdigest()


def write_png(path: Path, image: np.ndarray) -> str:
    """Write an H×W×3 uint8 BGR picture as PNG; see :func:`write_atomically`."""
    ok, data = cv2.imencode('.png', image)
    if not ok:
        raise ValueError(f'{path}: OpenCV cannot encode a picture of shape {image.shape}')
    return write_atomically(path, data.tobytes())


def write_array(path: Path, values: np.ndarray) -> str:
    """Write an array as ``.npy``; see :func:`write_atomically`."""
    content = io.BytesIO()
    np.save(content, values)
    return write_atomically(path, content.getvalue())


def file_of(folder: Path, key: str, suffix: str = '.png') -> Path:
    """``folder/<key>.png``, with the key's own sub-folders.

    Raises:
        UserError: The key would lead out of the folder, by its own words or by a link in it.
    """
    parts = key.split('/')
    if '\0' in key or {'', '.', '..'} & set(parts):
        raise UserError(f'The sample key {key!r} is no relative path')
    file = folder.joinpath(*parts[:-1], parts[-1] + suffix)
    try:
        inside = file.parent.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError) as error:  # links that lead in a circle
        raise UserError(f"'{file.parent}' cannot be followed: {error}") from error
    if not inside:
        raise UserError(f"'{file.parent}' is a link that leads out of '{folder}'; remove it")
    return file


def _cannot_write(path: Path, error: OSError) -> UserError:
    return UserError(f'Cannot write {path}: {error.strerror or error}')


class LineFile:
    """Lines of bytes, each on the disk as soon as it is added.

    Args:
        path: The file; lines are appended.

    Raises:
        UserError: With one line that names the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Without a buffer, so that closing never tries again what failed.
            self._file = open(path, 'a+b', buffering=0)
            self._end_torn_line()
        except OSError as error:
            raise _cannot_write(path, error) from None

    def _end_torn_line(self) -> None:
        size = self._file.seek(0, os.SEEK_END)
        if size:
            self._file.seek(size - 1)
            if self._file.read(1) != b'\n':
                self._file.write(b'\n')

    def add(self, line: bytes) -> None:
        """Append a line and flush it to the disk; what fails leaves no part of it.

        Raises:
            UserError: With one line that names the file, e.g. when the disk is full, or the file
                was deleted.
        """
        size = self._file.seek(0, os.SEEK_END)
        try:
            if not os.fstat(self._file.fileno()).st_nlink:
                raise OSError(errno.ENOENT, 'it was deleted while it was written to')
            rest = memoryview(line + b'\n')
            while rest:
                rest = rest[self._file.write(rest) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):  # the first error is the one to tell
                self._file.truncate(size)
            raise _cannot_write(self.path, error) from None

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def digest(*parts: Any) -> str:
    """Short hash of configs, equal for equal settings."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
