"""A file server on this machine that fails on request."""

from __future__ import annotations

import hashlib
import http.server
import re
import threading
import time
import zlib
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

import pytest


@dataclass
class Fault:
    """What goes wrong with one request."""

    status: int = 200
    # Bytes of the body after which the connection closes, whatever length was announced.
    drop_after: int | None = None
    silent: float = 0.0
    announced: int | None = None
    # What the file holds from the next request on.
    then: bytes | None = None


@dataclass
class Loopback:
    """Serves ``files`` with ranges; ``faults`` are used up one per request."""

    url: str = ''
    files: dict[str, bytes | Path] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    # Path, Range header and bytes sent of every request.
    log: list[tuple[str, str | None, int]] = field(default_factory=list)
    ranges: bool = True
    etags: bool = True
    dates: bool = False
    # Answers wait until it is set.
    gate: threading.Event = field(default_factory=threading.Event)

    def body(self, path: str) -> bytes | None:
        content = self.files.get(path)
        return content.read_bytes() if isinstance(content, Path) else content


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def do_GET(self):
        state = self.server.state
        fault = state.faults.pop(0) if state.faults else Fault()
        asked = self.headers.get('Range')
        # Noted before the answer, so that whoever has the answer finds the note.
        note = len(state.log)
        state.log.append((self.path, asked, 0))
        try:
            assert state.gate.wait(60)
            time.sleep(fault.silent)
            body = state.body(self.path)
            if fault.status != 200 or body is None:
                status = fault.status if fault.status != 200 else 404
                self.send_response(status)
                self.send_header('Content-Length', '0')
                self.end_headers()
                return
            tag = f'"{hashlib.md5(body).hexdigest()}"'
            date = formatdate(zlib.crc32(body), usegmt=True)
            current = (tag if state.etags else None, date if state.dates else None)
            same = self.headers.get('If-Range') in (None, *(c for c in current if c))
            start = int(re.fullmatch(r'bytes=(\d+)-', asked)[1]) if asked else 0
            partial = bool(asked) and state.ranges and same
            if partial and start >= len(body):
                self.send_response(416)
                self.send_header('Content-Length', '0')
                self.end_headers()
                return
            rest = body[start:] if partial else body
            self.send_response(206 if partial else 200)
            if partial:
                self.send_header('Content-Range', f'bytes {start}-{len(body) - 1}/{len(body)}')
            if state.etags:
                self.send_header('ETag', tag)
            if state.dates:
                self.send_header('Last-Modified', date)
            self.send_header('Content-Length', str(fault.announced or len(rest)))
            self.end_headers()
            if fault.then is not None:
                state.files[self.path] = fault.then
            part = rest[: fault.drop_after] if fault.drop_after is not None else rest
            state.log[note] = (self.path, asked, len(part))
            self.wfile.write(part)
            self.wfile.flush()
            self.close_connection = fault.drop_after is not None or fault.announced is not None
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


@pytest.fixture
def loopback(monkeypatch):
    """A running :class:`Loopback`; proxies of the environment do not stand before it."""
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.daemon_threads = True
    server.state = Loopback(url=f'http://127.0.0.1:{server.server_port}')
    server.state.gate.set()
    thread = threading.Thread(target=server.serve_forever, kwargs=dict(poll_interval=0.01))
    thread.start()
    yield server.state
    server.shutdown()
    thread.join()
    server.server_close()
