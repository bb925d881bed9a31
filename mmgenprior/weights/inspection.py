"""What a weight file promises, looked at before anything of it is loaded.

``torch.load(weights_only=True)`` runs no code, but believes numbers: a file of some bytes may say
that a storage has a billion, of which others then are read or allocated. So the file is looked at
first, by a reader that makes nothing: every global is a stand-in, every storage a note. It needs no
torch.
"""

from __future__ import annotations

import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from mmgenprior.utils.errors import CheckpointError

# Tensors may share memory, as tied weights do; what they take apart from one another is at most so
# many times the file, or less than this.
_SHARED = 4
_SMALL = 64 << 20
_LARGEST_HEADER = 100 << 20
_PICKLES = 5  # of the format before PyTorch 1.6: magic number, version, system, content, keys
_ZIP = (b'PK\x03\x04', b'PK\x05\x06')
# Bytes of an element, by the class of the storage.
_SIZES = dict(
    DoubleStorage=8,
    LongStorage=8,
    ComplexFloatStorage=8,
    ComplexDoubleStorage=16,
    FloatStorage=4,
    IntStorage=4,
    QInt32Storage=4,
    HalfStorage=2,
    BFloat16Storage=2,
    ShortStorage=2,
)


def inspect_file(path: Path) -> str:
    """See that a weight file is one, and promises no more than it holds.

    Args:
        path: An existing file.

    Returns:
        ``'safetensors'``, ``'zip'`` or ``'pickle'``: how it is to be read.

    Raises:
        CheckpointError: If it is of another kind than its name says, a program, an archive of
            something else, or promises more bytes than it has. What is damaged in another way is
            left to who reads it.
    """
    size = path.stat().st_size
    with path.open('rb') as file:
        start = file.read(9)
    if not size:
        raise CheckpointError(f"checkpoint '{path}' is empty; fetch it again")
    is_zip = start[:4] in _ZIP
    named = path.suffix == '.safetensors'
    if _is_safetensors(start, size) and not is_zip:
        _check_safetensors(path, size)
        if not named:
            raise CheckpointError(
                f"checkpoint '{path}' is in the format safetensors: end its name in .safetensors"
            )
        return 'safetensors'
    if named:
        kind = 'a PyTorch file' if is_zip or start[:1] == b'\x80' else 'no file of this format'
        raise CheckpointError(
            f"checkpoint '{path}' is called .safetensors, but is {kind}, or damaged: fetch it "
            'again, or rename it to .pth'
        )
    if is_zip:
        _check_zip(path, size)
        return 'zip'
    if any(start) and tarfile.is_tarfile(path):  # of nothing but zeros it is an empty archive
        raise CheckpointError(f"checkpoint '{path}' is a tar archive: unpack the weight file in it")
    with path.open('rb') as file:
        _check_legacy(path, file, size)
    return 'pickle'


# --- safetensors -------------------------------------------------------------------


def _is_safetensors(start: bytes, size: int) -> bool:
    """Length of the header, then JSON."""
    length = int.from_bytes(start[:8], 'little')
    return start[8:9] == b'{' and 0 < length <= min(size - 8, _LARGEST_HEADER)


def _check_safetensors(path: Path, size: int) -> None:
    with path.open('rb') as file:
        length = int.from_bytes(file.read(8), 'little')
        text = file.read(length)
    try:
        header = json.loads(text)
        if not isinstance(header, dict):
            return
        tensors = [value for name, value in header.items() if name != '__metadata__']
        ends = [int(value['data_offsets'][1]) for value in tensors]
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise CheckpointError(
            f"checkpoint '{path}' cannot be read: its header is damaged; fetch it again"
        ) from error
    held = size - 8 - length
    if ends and max(ends) > held:
        _refuse(path, max(ends), held)


def _refuse(path: Path, promised: int, held: int) -> None:
    raise CheckpointError(
        f"checkpoint '{path}' promises {bytes_text(promised)} and holds {bytes_text(held)}: it is "
        'truncated or made to harm; fetch it again'
    )


def bytes_text(count: int) -> str:
    """A size for people."""
    if count < 10**6:
        return f'{count:,} bytes'
    return f'{count / 1e6:,.1f} MB' if count < 10**9 else f'{count / 1e9:,.1f} GB'


# --- PyTorch -----------------------------------------------------------------------


def _check_zip(path: Path, size: int) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            sizes = {info.filename: info.file_size for info in members}
            if len({name.lower() for name in sizes}) < len(members):
                raise zipfile.BadZipFile('two members have one name')
            _check_members(path, sizes, size)
            (name,) = (name for name in sizes if name.partition('/')[2] == 'data.pkl')
            looker = _Looker(io.BytesIO(archive.read(name)))
            looker.load()
    except CheckpointError:
        raise
    except Exception as error:  # whatever a damaged archive makes the readers raise
        raise _damaged(path, error) from error
    storages = looker.storages
    for key, needed in storages.items():
        held = sizes.get(f'{name.partition("/")[0]}/data/{key}', 0)
        if needed > held:
            _refuse(path, needed, held)


def _check_members(path: Path, sizes: Mapping[str, int], size: int) -> None:
    inner = {name.partition('/')[2] for name in sizes}
    if 'constants.pkl' in inner and any(name.startswith('code/') for name in inner):
        raise CheckpointError(
            f"checkpoint '{path}' is a TorchScript program, not a state dict: name it as the "
            'module of a ModulePrior, or store state_dict()'
        )
    if 'data.pkl' not in inner:
        raise CheckpointError(
            f"checkpoint '{path}' is an archive of something else (torch.save writes data.pkl)"
        )
    if sum(sizes.values()) > allowed_bytes(size):
        _refuse(path, sum(sizes.values()), size)


def _check_legacy(path: Path, file: BinaryIO, size: int) -> None:
    looker = _Looker(file)
    for _ in range(_PICKLES):
        try:
            looker.load()
        except Exception:  # who reads it says what is wrong with it
            break
    promised = sum(looker.storages.values())
    if promised > size:
        _refuse(path, promised, size)


def allowed_bytes(size: int) -> int:
    """What the tensors of a file of that size may take."""
    return _SHARED * size + _SMALL


def _damaged(path: Path, error: BaseException) -> CheckpointError:
    reason = ' '.join(str(error).split())[:200] or type(error).__name__
    return CheckpointError(
        f"checkpoint '{path}' cannot be read ({reason}): the file is damaged, truncated or no "
        'weight file; fetch it again'
    )


class _Nothing:
    """Stands in for every global; whatever is done with it makes nothing."""

    def __new__(cls, *_: Any, **__: Any) -> _Nothing:
        return object.__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, *_: Any, **__: Any) -> _Nothing:
        return self

    def __setstate__(self, _state: Any) -> None:
        pass

    def __setitem__(self, _key: Any, _value: Any) -> None:
        pass

    def append(self, _item: Any) -> None:
        """Keep nothing."""

    def extend(self, _items: Any) -> None:
        """Keep nothing."""

    def add(self, _item: Any) -> None:
        """Keep nothing."""


# The one in Python: its memo is a dictionary, that of C an array as long as an index in the file.
class _Looker(pickle._Unpickler):
    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, encoding='latin1')  # bytes of Python 2 never stop it
        self.storages: dict[str, int] = {}

    def find_class(self, module: str, name: str) -> type:
        size = _SIZES.get(name, 1)
        return type(name, (_Nothing,), dict(size=size))

    def persistent_load(self, pid: Any) -> _Nothing:
        if isinstance(pid, tuple) and len(pid) >= 5 and pid[0] == 'storage':
            size, count = getattr(pid[1], 'size', 1), pid[4]
            if isinstance(size, int) and isinstance(count, int):
                key = str(pid[2])
                self.storages[key] = max(self.storages.get(key, 0), size * count)
        return _Nothing()
