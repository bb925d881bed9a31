"""Masks, label files and arrays of measurements that are none, or want too much."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from .case import Case, run_words

_PLAIN = 'not a plain NumPy file'
_MEASURED = dict(measured=True, suffixes=['.npy', '.npz', '.png'])


class _Runs:
    """A pickle of it makes a file called ``pwned`` where it is loaded."""

    def __reduce__(self) -> tuple:
        return open, ('pwned', 'w')


def _npy(header: str | bytes, data: bytes = b'', version: int = 1) -> bytes:
    text = header.encode() if isinstance(header, str) else header
    text += b' ' * (-(len(text) + 11) % 64) + b'\n'
    length = struct.pack('<H' if version == 1 else '<I', len(text))
    return b'\x93NUMPY' + bytes([version, 0]) + length + text + data


def _of(shape: str, kind: str = '<f4', data: bytes = b'') -> bytes:
    return _npy(f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {shape}, }}", data)


def _saved(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=True)
    return content.getvalue()


def _npz(**arrays: bytes | np.ndarray) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            archive.writestr(name, array if isinstance(array, bytes) else _saved(array))
    return content.getvalue()


def _patched(content: bytes, offset: int, kind: str, value: int) -> bytes:
    """A number in the first entry of an archive's directory set to another one."""
    place = content.index(b'PK\x01\x02') + offset
    new = struct.pack(kind, value)
    return content[:place] + new + content[place + len(new) :]


_GOOD = np.full((3, 4, 4), 0.5, np.float32)
_Y = {'y.npy': _GOOD}

ARRAYS: dict[str, tuple[Callable[[], bytes], str]] = {
    'empty.npy': (lambda: b'', _PLAIN),
    'text.npy': (lambda: b'1, 2, 3', _PLAIN),
    'magic.npy': (lambda: b'\x93NUMPY', _PLAIN),
    'half.npy': (lambda: _saved(_GOOD)[:40], _PLAIN),
    'tebibytes.npy': (lambda: _of('(3, 550000, 600000)'), 'promises 3,960.0 GB, the file holds 0'),
    'gigabytes.npy': (lambda: _of('(3, 20000, 20000)', data=bytes(64)), 'promises 4.8 GB'),
    'overflow.npy': (lambda: _of(f'({10**30}, {10**30})'), 'promises'),
    'negative.npy': (lambda: _of('(3, -4, -4)', data=bytes(192)), 'promises'),
    'no_number.npy': (lambda: _of('(3, 0, 4)'), 'holds no number'),
    'words.npy': (lambda: _of("('a', 'b')"), _PLAIN),
    'truth.npy': (lambda: _of('(True, True)', data=bytes(4)), '.npy'),
    'short.npy': (lambda: _saved(_GOOD)[:-1], 'the file holds 191 bytes'),
    'long.npy': (lambda: _saved(_GOOD) + b'x', 'the file holds 193 bytes'),
    'objects.npy': (lambda: _saved(np.array([_Runs()], object)), 'holds objects, which are not'),
    'object_kind.npy': (lambda: _of('(3, 4, 4)', '|O', bytes(384)), 'holds objects, which are not'),
    'complex.npy': (lambda: _saved(_GOOD.astype(np.complex64)), 'complex64, not real numbers'),
    'dates.npy': (lambda: _of('(2,)', '<M8[s]', bytes(16)), 'not real numbers'),
    'texts.npy': (lambda: _saved(np.array(['a'])), 'not real numbers'),
    'records.npy': (lambda: _saved(np.zeros(3, 'f4,i4')), 'not real numbers'),
    'code.npy': (lambda: _npy("__import__('os').system('touch pwned')"), _PLAIN),
    'list.npy': (lambda: _npy('[1, 2]'), _PLAIN),
    'keys.npy': (lambda: _npy("{'descr': '<f4'}"), _PLAIN),
    'version.npy': (lambda: _npy('{}', version=9), 'version 9.0'),
    'long_header.npy': (lambda: _npy(b'{' + b' ' * 2_000_000 + b'}', version=2), _PLAIN),
    'deep_header.npy': (lambda: _npy('(' * 5000 + ')' * 5000), _PLAIN),
    'pickle.npy': (lambda: pickle.dumps(_Runs()), _PLAIN),
    'nan.npy': (lambda: _saved(np.where(_GOOD > 0, np.nan, 0)), 'holds values that are no numbers'),
    'infinite.npy': (lambda: _saved(_GOOD * np.inf), 'holds values that are no numbers'),
    'size.npy': (lambda: _saved(_GOOD[:, :3]), 'the measurement is 3×3×4, but the operator makes'),
    # archives
    'empty.npz': (lambda: b'', _PLAIN),
    'nothing.npz': (lambda: _npz(), 'holds [], but no array'),
    'other.npz': (lambda: _npz(**{'x.npy': _GOOD}), "holds ['x'], but no array 'y'"),
    'outside.npz': (lambda: _npz(**{'../../y.npy': _GOOD}), "but no array 'y'"),
    'text.npz': (lambda: _npz(**{'y.npy': b'no array'}), _PLAIN),
    'objects.npz': (lambda: _npz(**{'y.npy': _saved(np.array([_Runs()], object))}), 'objects'),
    'cut.npz': (lambda: _npz(**_Y)[:-30], _PLAIN),
    'garbage.npz': (lambda: b'PK\x03\x04' + bytes(500), _PLAIN),
    # An archive's directory that promises 4.3 GB for some bytes.
    'bomb.npz': (lambda: _patched(_npz(**_Y), 24, '<I', 0xFFFFFFF0), 'promises 4.3 GB in'),
    'promise.npz': (lambda: _npz(**{'y.npy': _of('(3, 9999, 9999)')}), 'promises 1.2 GB'),
    'secret.npz': (lambda: _patched(_npz(**_Y), 8, '<H', 1), _PLAIN),
    'method.npz': (lambda: _patched(_npz(**_Y), 10, '<H', 97), _PLAIN),
    'hash.npz': (lambda: _patched(_npz(**_Y), 16, '<I', 1), _PLAIN),
}


def _array(name: str, content: Callable[[], bytes]) -> Case:
    def make(folder: Path) -> list[str]:
        (folder / 'photos').mkdir()
        (folder / 'photos' / name).write_bytes(content())
        return run_words(folder, **_MEASURED)

    return Case(f'array {name}', make, ARRAYS[name][1])


def _photo(path: Path, side: int = 16, value: int | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.random.default_rng(0).integers(0, 256, (side, side, 3)).astype(np.uint8)
    cv2.imwrite(str(path), image if value is None else np.full_like(image, value))


def _set(name: str, said: str, put: Callable[[Path], dict], status: int = 1) -> Case:
    """A data set of the given keys, whose first photograph is in order."""

    def make(folder: Path) -> list[str]:
        _photo(folder / 'photos' / 'gt' / 'a.png')
        options = dict(data_prefix=dict(gt='gt')) | put(folder / 'photos')
        return run_words(folder, **options)

    return Case(name, make, said, status)


_MASKS = dict(data_prefix=dict(gt='gt', mask='mask'))


def _mask(write: Callable[[Path], object]) -> Callable[[Path], dict]:
    def put(folder: Path) -> dict:
        (folder / 'mask').mkdir()
        write(folder / 'mask' / 'a.png')
        return _MASKS

    return put


def _labels(content: bytes) -> Callable[[Path], dict]:
    def put(folder: Path) -> dict:
        (folder / 'labels.txt').write_bytes(content)
        return dict(label_file='labels.txt')

    return put


def _nothing(**options: object) -> Callable[[Path], dict]:
    return lambda folder: options


SETS = [
    _set('a mask of another size', 'the mask is 8×8', _mask(lambda f: _photo(f, 8, 255))),
    _set('a black mask', 'no observed pixel', _mask(lambda f: _photo(f, 16, 0))),
    _set('a broken mask', 'not an image file', _mask(lambda f: f.write_bytes(b'x'))),
    _set('a mask that is a link to itself', 'a link to nowhere', _mask(lambda f: f.symlink_to(f))),
    _set('no mask', '1 of 1 samples have no mask', _mask(lambda f: None)),
    _set('no folder of masks', 'No folder', _nothing(**_MASKS)),
    _set('a folder that is a link to itself', 'No folder', lambda f: (
        (f / 'x').symlink_to('x'), dict(data_prefix=dict(gt='x')))[1]),
    _set('no folder of photographs', 'No folder', _nothing(data_prefix=dict(gt='none'))),
    _set('a folder of too long a name', 'listed', _nothing(data_prefix=dict(gt='n' * 5000))),
    _set('a folder named with NUL', 'error: ', _nothing(data_prefix=dict(gt='a\0b'))),
    _set('an index beyond', 'none of the 1 pictures', _nothing(indices=[4]), 2),
    _set('no label file', 'No label file', _nothing(label_file='none.txt')),
    _set('labels that are none', 'line 1 is no file name', _labels(b'a.png dog\n')),
    _set('labels of nobody', 'names none of the 1', _labels(b'b.png 1\n')),
    _set('labels in bytes', 'no text file in UTF-8', _labels(b'\xff\xfe\0a')),
    _set('labels at odds', 'another class than before', _labels(b'a.png 1\na.png 2\n')),
    _set('a label of many digits', 'line 1 is no file name', _labels(b'a.png ' + b'9' * 5000)),
]  # fmt: skip

MEASUREMENTS = [_array(name, content) for name, (content, _) in ARRAYS.items()]
