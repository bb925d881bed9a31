"""Servers that answer with something else than the file, through ``mmgenprior download``."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import threading

import pytest

from mmgenprior.cli.main import main
from mmgenprior.utils.errors import ExitCode

CONTENT = b'weights' * 100
_OK = b'HTTP/1.1 200 OK\r\n'


def _answer(headers: bytes, body: bytes = b'', first: bytes = _OK) -> bytes:
    return first + headers + b'Connection: close\r\n\r\n' + body


def _length(count: int | str) -> bytes:
    return f'Content-Length: {count}\r\n'.encode()


_ENDLESS = object()
# What the server sends; part of the line.
ANSWERS: dict[str, tuple[bytes | list, str]] = {
    'another file': (_answer(_length(5), b'other'), 'serves another file: its 5 bytes'),
    'a page to sign in': (_answer(_length(6), b'<html>'), 'serves another file'),
    'a file that is packed': (
        _answer(b'Content-Encoding: gzip\r\n', gzip.compress(CONTENT)), 'serves another file',
    ),
    'a length of terabytes': (_answer(_length(4 * 10**12)), 'it has 4,000,000,000,000 bytes'),
    'a body without an end': ([_answer(b''), _ENDLESS], 'it has 1,'),
    'a length in other digits': (
        _answer('Content-Length: ²\r\n'.encode('latin1'), b'x'), 'serves another file',
    ),
    'a negative length': (_answer(_length(-5), b'x'), 'serves another file'),
    'a length of many digits': (_answer(_length('9' * 5000), b'x'), ''),
    'a part nobody asked for': (
        _answer(b'Content-Range: bytes 0-1/2\r\n', b'xx', b'HTTP/1.1 206 Partial Content\r\n'),
        'the server answers 206',
    ),
    'nothing': (_answer(b'', b'', b'HTTP/1.1 204 No Content\r\n'), 'the server answers 204'),
    'not found': (_answer(_length(0), b'', b'HTTP/1.1 404 Not Found\r\n'), 'answers 404'),
    'a way in a circle': (
        _answer(b'Location: /w.pth\r\n', b'', b'HTTP/1.1 302 Found\r\n'), 'cannot be fetched from',
    ),
    'a way to this disk': (
        _answer(b'Location: file:///etc/passwd\r\n', b'', b'HTTP/1.1 302 Found\r\n'),
        'cannot be fetched from',
    ),
    'a way to nowhere': (_answer(b'', b'', b'HTTP/1.1 302 Found\r\n'), 'the server answers 302'),
    'a way in control characters': (
        _answer(b'Location: http://\x1b[31m/\r\n', b'', b'HTTP/1.1 302 Found\r\n'),
        'cannot be fetched from',
    ),
}  # fmt: skip


@pytest.fixture
def server():
    """Sends the same to whoever asks, and closes."""
    listener = socket.create_server(('127.0.0.1', 0))
    state = dict(parts=[], url=f'http://127.0.0.1:{listener.getsockname()[1]}', sent=0)

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # closed
                return
            with connection:
                try:
                    connection.recv(65536)
                    for part in state['parts']:
                        while part is _ENDLESS:
                            state['sent'] += connection.send(bytes(65536))
                        connection.sendall(part)
                except OSError:  # the client has seen enough
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield state
    listener.close()


@pytest.mark.parametrize('name', ANSWERS)
def test_one_line_and_nothing_is_kept(name, server, tmp_path, monkeypatch, capfd):
    from mmgenprior.weights import download

    monkeypatch.setattr(download, '_ATTEMPTS', 1)  # seconds of waiting are not the matter here
    parts, said = ANSWERS[name]
    server['parts'] = parts if isinstance(parts, list) else [parts]
    entry = dict(
        about='a prior',
        file='w.pth',
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size=len(CONTENT),
        prior=dict(type='DCGANPrior', generator=dict(type='DCGANGenerator')),
    )
    (tmp_path / 'own.yml').write_text(json.dumps(dict(base=server['url'], priors=dict(mine=entry))))
    monkeypatch.setenv('MGP_CATALOGUE', str(tmp_path / 'own.yml'))
    status = main(['download', 'mine', '--dir', str(tmp_path / 'cache')])
    err = capfd.readouterr().err
    assert status == ExitCode.ERROR and 'Traceback' not in err
    _, line = err.splitlines()  # the first says what is fetched
    assert line.startswith('error: ') and said in line and line.isprintable()
    assert not (tmp_path / 'cache' / 'w.pth').exists()
    # Sockets hold some megabytes themselves.
    assert server['sent'] < 2**26
    assert sum(f.stat().st_size for f in (tmp_path / 'cache').iterdir()) < 2**21
