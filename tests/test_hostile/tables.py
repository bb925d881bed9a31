"""Catalogues and work dirs that are none, or want too much."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from .case import Case

_UNREAD = 'cannot be read'
_OWN = {'MGP_CATALOGUE': '{folder}/catalogue.yml'}
_ENTRY = """
priors:
  mine:
    about: a prior
    file: mine.pth
    sha256: "0123456789abcdef"
    prior: {type: DCGANPrior, generator: {type: DCGANGenerator}}
"""


def _changed(old: str, new: str) -> bytes:
    assert old in _ENTRY
    return _ENTRY.replace(old, new).encode()


def _laughs() -> bytes:
    lines = ['a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]']
    for i in range(1, 30):
        lines.append(f'a{i}: &a{i} [{", ".join([f"*a{i - 1}"] * 9)}]')
    return ('\n'.join(lines) + '\npriors: {mine: *a29}\n').encode()


CATALOGUES: dict[str, tuple[bytes, str]] = {
    'empty': (b'', "'priors' are needed"),
    'text': (b'no catalogue', "'priors' are needed"),
    'a list': (b'- a\n- b\n', "'priors' are needed"),
    'null': (b'priors:\n', "'priors' are needed"),
    'a number': (b'priors: 7\n', "'priors' are needed"),
    'bytes': (bytes(range(256)), _UNREAD),
    'latin letters': ('priors: {é: 1}'.encode('latin1'), _UNREAD),
    'broken': (b'priors: {mine: [', _UNREAD),
    'a million bytes': (b'#' * 2_000_000, 'larger than'),
    'billions of aliases': (_laughs(), 'aliases stand for more than'),
    'an alias of itself': (b'priors: &a {mine: *a}', _UNREAD),
    'deep': (b'[' * 900_000, 'brackets are open'),
    'a Python object': (b'priors: !!python/object/apply:os.system ["touch pwned"]', _UNREAD),
    'a date of no month': (b'priors: {mine: 2001-99-99}', _UNREAD),
    'a key given twice': (b'priors: {a: 1, a: 2}', 'given twice'),
    'a key that is a list': (b'priors: {? [1, 2] : 3}', _UNREAD),
    'an entry of text': (b'priors: {mine: text}', "'about' is missing"),
    'an unknown key': (_changed('about:', 'run: rm\n    about:'), "'run' is unknown"),
    'a file above': (_changed('mine.pth', '../../mine.pth'), 'must be a path below'),
    'a file elsewhere': (_changed('mine.pth', '/etc/passwd'), 'must be a path below'),
    'a name with a slash': (_changed('mine:', '"../mine":'), "has no '/'"),
    'a short hash': (_changed('0123456789abcdef', '0123'), 'must be 8 to 64 hexadecimal'),
    'a hash of digits': (_changed('"0123456789abcdef"', '12345678'), 'must be 8 to 64 hexadecimal'),
    'a prior of text': (_changed('{type: DCGANPrior, generator: {type: DCGANGenerator}}', 'x'),
                        "'prior' must be"),
    'a negative size': (_changed('about:', 'size: -1\n    about:'), "'size' must be a number of"),
    'a base on this disk': (b'base: file:///etc\n' + _ENTRY.encode(), 'must be an http or https'),
    'a wheel that is an option': (
        _changed(
            'about:',
            'wheel: {package: --index-url, version: "1", sha256: "' + 'a' * 64
            + '", member: x}\n    about:',
        ),
        "'wheel' must be",
    ),
}  # fmt: skip


def _catalogue(name: str, content: bytes, said: str) -> Case:
    def make(folder: Path) -> list[str]:
        (folder / 'catalogue.yml').write_bytes(content)
        return ['download', '--list']

    return Case(
        f'catalogue: {name}', make, said, environ={'MGP_CATALOGUE': '{folder}/catalogue.yml'}
    )


def _no_catalogue(name: str, put: Callable[[Path], object]) -> Case:
    def make(folder: Path) -> list[str]:
        put(folder)
        return ['download', '--list']

    said = 'MGP_CATALOGUE: there is no file'
    return Case(
        f'catalogue: {name}', make, said, environ={'MGP_CATALOGUE': '{folder}/catalogue.yml'}
    )


def _head(**changes: object) -> bytes:
    head = dict(settings={}, digest='d', weights='w', asked=['a'], averages=[], aliases={}, sheet=0)
    return json.dumps({**head, **changes}).encode()


_NO_LEDGER = 'has no ledger that can be read'
_NO_NUMBERS = '0 of 1 image is done, so there are no numbers yet'

WORK_DIRS: dict[str, tuple[dict[str, bytes], str]] = {
    'empty': ({}, _NO_LEDGER),
    'an empty head': ({'run.json': b''}, _NO_LEDGER),
    'null': ({'run.json': b'null'}, _NO_LEDGER),
    'a number': ({'run.json': b'7'}, _NO_LEDGER),
    'a list': ({'run.json': b'[1]'}, _NO_LEDGER),
    'a head of another kind': ({'run.json': b'{"a": 1}'}, _NO_LEDGER),
    'a deep head': ({'run.json': b'[' * 100_000}, _NO_LEDGER),
    'a head of many digits': ({'run.json': b'{"sheet": ' + b'9' * 10_000 + b'}'}, _NO_LEDGER),
    'a head in bytes': ({'run.json': bytes(range(256))}, _NO_LEDGER),
    'a list for a dict': ({'run.json': _head(settings=[])}, _NO_LEDGER),
    'numbers for keys': ({'run.json': _head(asked=[1])}, _NO_LEDGER),
    'nothing done': ({'run.json': _head()}, _NO_NUMBERS),
    'a damaged part': ({'run.json': _head(), 'rank0.jsonl': b'17\nnull\n{}\n'}, _NO_NUMBERS),
    'a part in bytes': ({'run.json': _head(), 'rank0.jsonl': bytes(range(256))}, _NO_NUMBERS),
    'a deep part': ({'run.json': _head(), 'rank0.jsonl': b'[' * 100_000}, _NO_NUMBERS),
}


def _work_dir(name: str, files: dict[str, bytes], said: str) -> Case:
    def make(folder: Path) -> list[str]:
        parts = folder / 'work' / 'parts'
        parts.mkdir(parents=True)
        for file, content in files.items():
            (parts / file).write_bytes(content)
        return ['merge', str(folder / 'work')]

    return Case(f'work dir: {name}', make, said)


def _piped(folder: Path) -> list[str]:
    parts = folder / 'work' / 'parts'
    parts.mkdir(parents=True)
    (parts / 'run.json').write_bytes(_head())
    os.mkfifo(parts / 'rank0.jsonl')
    (parts / 'rank1.jsonl').symlink_to('rank1.jsonl')
    (parts / 'rank2.jsonl').mkdir()
    return ['merge', str(folder / 'work')]


TABLES = [
    *(_catalogue(name, *case) for name, case in CATALOGUES.items()),
    _no_catalogue('no file', lambda f: None),
    _no_catalogue('a folder', lambda f: (f / 'catalogue.yml').mkdir()),
    _no_catalogue('a link to itself', lambda f: (f / 'catalogue.yml').symlink_to('catalogue.yml')),
    *(_work_dir(name, *case) for name, case in WORK_DIRS.items()),
    Case('work dir: pipes, rings and folders for parts', _piped, _NO_NUMBERS),
    Case('work dir: a file', lambda f: ((f / 'work').touch(), ['merge', str(f / 'work')])[1],
         'there is no folder'),
    Case('work dir: a link to itself',
         lambda f: ((f / 'work').symlink_to('work'), ['merge', str(f / 'work')])[1],
         'there is no folder'),
]  # fmt: skip
