"""Weight files that run code, hold something else, or promise more than they hold."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from .case import Case, run_words

_DAMAGED = 'cannot be read ('
_CODE = 'refused: it needs the global'


class _Runs:
    """A pickle of it makes a file called ``pwned`` where it is loaded."""

    def __reduce__(self) -> tuple:
        return os.system, ('touch pwned',)


def _saved(content: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, **options)
    return file.getvalue()


def _state(**more: Any) -> dict:
    return {'main.0.weight': torch.ones(4, 4), **more}


def _rewritten(content: bytes, change: Callable[[str, bytes], bytes], method: int = 0) -> bytes:
    """A zip archive with other members."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, 'w', method) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return file.getvalue()


def _claims(numbers: int) -> bytes:
    """A file whose storage of 4 numbers is said to have many."""
    content = _saved(dict(a=torch.arange(4.0)))
    claim = b'K\x04' + b'tq'  # BININT1 4, the end of the persistent id's tuple
    more = b'\x8a\x08' + struct.pack('<q', numbers) + b'tq'

    def change(name: str, data: bytes) -> bytes:
        if not name.endswith('data.pkl'):
            return data
        assert data.count(claim) == 1
        # The tensor has as many too.
        return data.replace(claim, more)

    return _rewritten(content, change)


def _legacy_claims() -> bytes:
    content = _saved(dict(a=torch.arange(4.0)), _use_new_zipfile_serialization=False)
    claim = b'K\x04Ntq'
    assert content.count(claim) == 1
    return content.replace(claim, b'\x8a\x08' + struct.pack('<q', 10**11) + b'Ntq')


def _twice() -> bytes:
    file = io.BytesIO(_saved(_state()))
    with zipfile.ZipFile(file, 'a') as archive:
        name = next(n for n in archive.namelist() if n.endswith('data/0'))
        archive.writestr(name.upper(), bytes(400))
    return file.getvalue()


def _directory_lies() -> bytes:
    content = _rewritten(_saved(_state()), lambda name, data: data, zipfile.ZIP_DEFLATED)
    place = content.index(b'PK\x01\x02') + 24
    return content[:place] + struct.pack('<I', 0xFFFFFFF0) + content[place + 4 :]


def _script() -> bytes:
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), file)
    return file.getvalue()


def _tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode='w') as archive:
        info = tarfile.TarInfo('weights.pth')
        info.size = 4
        archive.addfile(info, io.BytesIO(b'1234'))
    return file.getvalue()


def _archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w') as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def _safe(header: Any, data: bytes = b'', length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack('<Q', len(text) if length is None else length) + text + data


def _tensor(start: int, end: int, shape: list[int], kind: str = 'F32') -> dict:
    return dict(a=dict(dtype=kind, shape=shape, data_offsets=[start, end]))


_NO_TORCH = 'is called .safetensors, but is'

FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    'empty.pth': (lambda: b'', 'is empty'),
    'text.pth': (lambda: b'version https://git-lfs.github.com/spec/v1', _DAMAGED),
    'page.pth': (lambda: b'<!DOCTYPE html><title>Sign in</title>', _DAMAGED),
    'zeros.pth': (lambda: bytes(10_000), _DAMAGED),
    'random.pth': (lambda: b'\x93' * 999, _DAMAGED),
    'packed.pth': (lambda: gzip.compress(_saved(_state())), _DAMAGED),
    'tar.pth': (_tar, 'is a tar archive'),
    'cut.pth': (lambda: _saved(_state())[:-100], _DAMAGED),
    'half.pth': (lambda: _saved(_state())[:300], _DAMAGED),
    'other.pth': (lambda: _archive(**{'a/readme.txt': b'x'}), 'is an archive of something else'),
    'none.pth': (lambda: _archive(), 'is an archive of something else'),
    'script.pth': (_script, 'is a TorchScript program, not a state dict'),
    # code
    'bare.pth': (lambda: pickle.dumps(_Runs(), 2), _CODE),
    'bare_4.pth': (lambda: pickle.dumps(_Runs(), 4), _CODE),
    'zip_code.pth': (lambda: _saved(_state(x=_Runs())), _CODE),
    'legacy_code.pth': (
        lambda: _saved(_state(x=_Runs()), _use_new_zipfile_serialization=False), _CODE,
    ),
    'module.pth': (lambda: _saved(torch.nn.Linear(2, 2)), _CODE),
    # what it promises
    'over_read.pth': (lambda: _claims(10**9), 'promises 4.0 GB and holds 16 bytes'),
    'wrapped.pth': (lambda: _claims(2**62), 'promises'),
    'legacy_claims.pth': (_legacy_claims, 'promises 400.0 GB and holds'),
    'directory.pth': (_directory_lies, 'promises 4.3 GB and holds'),
    'twice.pth': (_twice, 'two members have one name'),
    'expanded_64.pth': (
        lambda: _saved(dict(a=torch.zeros(1).expand(16 * 10**9))), 'would take 64.0 GB',
    ),
    'expanded_400.pth': (
        lambda: _saved(dict(a=torch.zeros(1, 1).expand(10**5, 10**6))), 'would take 400.0 GB',
    ),
    'many_expanded.pth': (
        lambda: _saved({str(i): torch.zeros(1).expand(10**7) for i in range(50)}), 'would take 2.0',
    ),
    # tensors without numbers of their own
    'meta.pth': (lambda: _saved(_state(m=torch.ones(3, device='meta'))), 'on the meta device'),
    'sparse.pth': (lambda: _saved(_state(s=torch.eye(3).to_sparse())), 'of the layout sparse_coo'),
    'rows.pth': (lambda: _saved(_state(s=torch.eye(3).to_sparse_csr())), 'the layout sparse_csr'),
    'deep_meta.pth': (
        lambda: _saved(dict(state_dict=dict(m=torch.ones(3, device='meta')))), 'state_dict.m',
    ),
    # no state dict
    'list.pth': (lambda: _saved([torch.ones(2)]), 'holds a list, not a state dict'),
    'tensor.pth': (lambda: _saved(torch.ones(2)), 'holds a Tensor, not a state dict'),
    'number.pth': (lambda: _saved(7), 'holds a int, not a state dict'),
    'nothing.pth': (lambda: _saved({}), 'no tensor'),
    'numbers.pth': (lambda: _saved(dict(a=1, b='x')), 'entries that are no tensors: a, b'),
    'keys.pth': (lambda: _saved({1: torch.ones(2)}), 'keys that are no text'),
    'unknown.pth': (lambda: _saved(_state()), 'in no layout that is known'),
    # pickles against their reader
    'memo.pth': (lambda: b'\x80\x02]r\xf0\xff\xff\xff.', _DAMAGED),
    'long_bytes.pth': (lambda: b'\x80\x04\x8e' + struct.pack('<Q', 2**62) + b'x.', _DAMAGED),
    'long_number.pth': (lambda: b'\x80\x02\x8b\xff\xff\xff\x7f1.', _DAMAGED),
    'frame.pth': (lambda: b'\x80\x04\x95' + struct.pack('<Q', 2**63 - 1), _DAMAGED),
    'nested.pth': (lambda: b'\x80\x02' + b']' * 20_000 + b'a' * 19_999 + b'.', _DAMAGED),
    'unbalanced.pth': (lambda: b'\x80\x02ttttt.', _DAMAGED),
    # safetensors
    'empty.safetensors': (lambda: b'', 'is empty'),
    'text.safetensors': (lambda: b'no weights', _NO_TORCH),
    'zeros.safetensors': (lambda: bytes(999), _NO_TORCH),
    'pickle.safetensors': (lambda: pickle.dumps(_Runs()), 'but is a PyTorch file'),
    'zip.safetensors': (lambda: _saved(_state()), 'but is a PyTorch file'),
    'script.safetensors': (_script, 'but is a PyTorch file'),
    'cut_zip.safetensors': (lambda: _saved(_state())[:400], 'but is a PyTorch file'),
    'tar.safetensors': (_tar, _NO_TORCH),
    'length.safetensors': (lambda: _safe(b'{}', length=2**63), _NO_TORCH),
    'long_header.safetensors': (lambda: _safe(b'{' + b' ' * 99, length=10**8), _NO_TORCH),
    'json.safetensors': (lambda: _safe(b'{"a": '), 'its header is damaged'),
    'deep.safetensors': (lambda: _safe(b'{"a":' * 50_000), 'its header is damaged'),
    'beyond.safetensors': (
        lambda: _safe(_tensor(0, 4 * 10**11, [10**11]), bytes(4)), 'promises 400.0 GB',
    ),
    'cut.safetensors': (lambda: _safe(_tensor(0, 64, [16]), bytes(20)), 'promises 64 bytes and'),
    'shape.safetensors': (lambda: _safe(_tensor(0, 4, [10**9]), bytes(4)), _DAMAGED),
    'kind.safetensors': (lambda: _safe(_tensor(0, 4, [1], 'X9'), bytes(4)), _DAMAGED),
    'offsets.safetensors': (lambda: _safe(dict(a=dict(data_offsets='x'))), 'header is damaged'),
    'name.pth': (lambda: _safe(_tensor(0, 4, [1]), bytes(4)), 'end its name in .safetensors'),
}  # fmt: skip


def _file(name: str, content: Callable[[], bytes], said: str) -> Case:
    def make(folder: Path) -> list[str]:
        (folder / name).write_bytes(content())
        return ['convert', 'auto', str(folder / name), str(folder / 'out.pth')]

    return Case(f'weights {name}', make, said)


def _odd(name: str, said: str, put: Callable[[Path], object], source: str = 'a.pth') -> Case:
    def make(folder: Path) -> list[str]:
        put(folder)
        return ['convert', 'auto', str(folder / source), str(folder / 'out.pth')]

    return Case(f'weights: {name}', make, said)


def _loaded(name: str) -> Case:
    """The same file as ``load_from`` of a run."""
    content, said = FILES[name]

    def make(folder: Path) -> list[str]:
        (folder / name).write_bytes(content())
        (folder / 'photos').mkdir()
        return run_words(folder, '--cfg-options', f'load_from={folder / name}')

    return Case(f'load_from {name}', make, said)


def _linked_target(folder: Path) -> None:
    (folder / 'a.pth').write_bytes(_saved(_state()))
    (folder / 'out.pth').symlink_to('a.pth')


_LOADED = ('tar.pth', 'script.pth', 'cut.pth', 'over_read.pth', 'script.safetensors')
_LOADED += ('pickle.safetensors', 'cut_zip.safetensors', 'beyond.safetensors', 'directory.pth')

WEIGHTS = [
    *(_file(name, *case) for name, case in FILES.items()),
    *map(_loaded, _LOADED),
    _odd('no file', "checkpoint '", lambda f: None),
    _odd('a folder', 'is a folder: give the weight file in it', lambda f: (f / 'a.pth').mkdir()),
    _odd('a link to itself', 'not found', lambda f: (f / 'a.pth').symlink_to('a.pth')),
    _odd('a pipe', 'not found', lambda f: os.mkfifo(f / 'a.pth')),
    _odd('too long a name', "checkpoint '", lambda f: None, 'n' * 5000 + '.pth'),
    _odd('a name with NUL', "checkpoint '", lambda f: None, 'a\0.pth'),
    _odd('a target that is a link to the source', 'is the source itself', _linked_target),
]
