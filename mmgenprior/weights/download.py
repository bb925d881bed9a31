"""Fetch a file once, whole and verified, or leave nothing under its name.

Bytes go to ``<name>.part`` beside the target, under a lock between processes (``.<name>.lock``),
and are renamed after their SHA-256 was checked. What a dropped connection left is continued by an
HTTP range request, now or at the next call, as long as the server says that the file is the same
one (``<name>.part.json`` keeps its ETag).
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import os
import re
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from mmgenprior.utils.errors import UserError
from mmgenprior.version import __version__
from mmgenprior.weights.hashes import file_sha256, matches
from mmgenprior.weights.locks import locked

_CHUNK = 1 << 18
# Dropped connections in a row, none of which brought a new byte.
_ATTEMPTS = 5
_LONGEST_WAIT = 30.0
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Of a file whose size nobody tells, more is not received.
_MOST_BYTES = 64 << 30
_FOLDER = 'MGP_PRIOR_ROOT or, with tools/download.py, --dir'


class DownloadError(UserError):
    """A file that could not be fetched, or is not the one that was expected."""


class _DroppedError(Exception):
    """The connection ended early; what arrived so far is kept."""


def fetch(
    url: str,
    target: Path,
    sha256: str,
    *,
    size: int | None = None,
    force: bool = False,
    backoff: float = 1.0,
    timeout: float = 30.0,
) -> Path:
    """Download a file unless it is there, verify it, and put it into place in one step.

    Args:
        url: ``http`` or ``https`` address.
        target: Where the file is to lie; its folder is made.
        sha256: All or at least the first 8 hexadecimal digits of its SHA-256.
        size: Its bytes, where they are known; an answer of more is refused before it is received.
        force: Download even if the target is there; it is replaced when the new file is verified.
        backoff: Seconds before the second attempt after a dropped connection, doubled each time.
        timeout: Seconds without a byte after which the connection counts as dropped.

    Returns:
        ``target``.

    Raises:
        DownloadError: In one line, if the network, the server, the disk or the file is at fault.
    """
    if target.is_file() and not force:
        return verified(target, sha256)
    if not url.startswith(('http://', 'https://')):
        raise DownloadError(f"'{url}': only http and https addresses can be fetched")
    try:
        with locked(target) as fetched, _unbuffered(_part(target)) as file:
            transfer = _Transfer(url, target, file, timeout, size)
            if fetched:  # by another process
                transfer.discard()
                return verified(target, sha256)
            transfer.run(sha256, backoff)
    except OSError as error:
        raise cannot_be_stored(target, error) from error
    return target


def verified(path: Path, sha256: str) -> Path:
    """Return the path if its file has the expected SHA-256.

    Raises:
        DownloadError: If it is another file.
    """
    found = file_sha256(path)
    if matches(found, sha256):
        return path
    raise DownloadError(
        f"'{path}' is not the expected file: its SHA-256 begins with {found[:8]}, not "
        f'{sha256[:8].lower()}; delete it to have it fetched again, or, if you mean this file, '
        f'give its path as the checkpoint'
    )


def cannot_be_stored(target: Path, error: OSError) -> DownloadError:
    """The line about a folder that takes no file."""
    return DownloadError(
        f"'{target.name}' cannot be stored in '{target.parent}' ({error.strerror or error}): "
        f'choose a folder that can be written to, by {_FOLDER}'
    )


def _part(target: Path) -> Path:
    return target.with_name(f'{target.name}.part')


def _unbuffered(part: Path) -> BinaryIO:
    """Open the temporary file; a full disk is noticed at the write, not when it is closed."""
    return part.open('a+b', buffering=0)


@dataclass
class _Source:
    """Which file of which size the bytes on the disk come from."""

    url: str
    validator: str | None = None
    total: int | None = None


class _Transfer:
    """One file on its way; holds the locked temporary file."""

    def __init__(
        self, url: str, target: Path, file: BinaryIO, timeout: float, size: int | None = None
    ) -> None:
        self.url = url
        # A catalogue may give a round number: the hash decides.
        self.is_known = bool(size)
        self.most = size + size // 10 + (1 << 20) if size else _MOST_BYTES
        self.target = target
        self.file = file
        self.timeout = timeout
        self.part = _part(target)
        self.note = self.part.with_name(f'{self.part.name}.json')
        self.source = self._remembered()
        self.joined = self._size() > 0

    def run(self, sha256: str, backoff: float) -> None:
        """Fetch, verify and rename."""
        print(f'Fetching {self.target.name} from {self.url}', file=sys.stderr)
        with _progress(self.target.name) as report:
            self._fetch_all(backoff, report)
            found = file_sha256(self.part)
            if self.joined and not matches(found, sha256):
                # The bytes before a break may be those of another file after all.
                self._restart()
                self._fetch_all(backoff, report)
                found = file_sha256(self.part)
        if not matches(found, sha256):
            size = self._size()
            self.discard()
            raise DownloadError(
                f"'{self.url}' serves another file: its {size:,} bytes have a SHA-256 that begins "
                f'with {found[:8]}, not {sha256[:8].lower()}; nothing was kept (a truncated copy, '
                f'or a proxy that answers in its place?)'
            )
        self.file.close()  # Windows renames no open file
        os.replace(self.part, self.target)
        self.note.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove the temporary file and what was noted about it."""
        self.file.close()
        self.note.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)

    def _fetch_all(self, backoff: float, report: Callable[[int, int | None], None]) -> None:
        best, idle = self._size(), 0
        while True:
            try:
                self._receive(report)
                return
            except _DroppedError as drop:
                idle = 0 if self._size() > best else idle + 1
                best = max(best, self._size())
                if idle >= _ATTEMPTS:
                    self._give_up(str(drop))
                time.sleep(min(backoff * 2**idle, _LONGEST_WAIT))

    def _receive(self, report: Callable[[int, int | None], None]) -> None:
        """One connection, from where the temporary file ends."""
        start = self._size()
        if start and start == self.source.total:
            return
        if not start or not (self.source.validator or self.source.total):
            self._restart()
            start = 0
        headers = {'User-Agent': f'mmgenprior/{__version__}'}
        headers['Accept-Encoding'] = 'identity'
        if start:
            headers['Range'] = f'bytes={start}-'
            if self.source.validator:
                headers['If-Range'] = self.source.validator
        with self._open(headers) as response:
            start = self._agree(response, start)
            if self.is_known:
                self._check_size(self.source.total or 0)
            self._check_space(start)
            self._check_size(self.source.total or 0)
            report(start, self.source.total)
            while chunk := self._read(response):
                start += len(chunk)
                self._check_size(start)
                self._write(chunk)
                report(start, self.source.total)
        if self.source.total is not None and start < self.source.total:
            raise _DroppedError(f'it ended after {start:,} of {self.source.total:,} bytes')

    def _open(self, headers: dict[str, str]) -> http.client.HTTPResponse:
        try:
            request = urllib.request.Request(self.url, headers=headers)
            return urllib.request.urlopen(request, timeout=self.timeout)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 416:
                self._restart()
            if error.code in _TRANSIENT or error.code == 416:
                raise _DroppedError(f'the server answers {error.code} {error.reason}') from None
            self._give_up(f'the server answers {error.code} {error.reason}')
        except urllib.error.URLError as error:
            if isinstance(error.reason, (TimeoutError, ConnectionResetError)):
                raise _DroppedError(str(error.reason)) from error
            self._give_up(str(getattr(error.reason, 'strerror', None) or error.reason))
        except (http.client.InvalidURL, ValueError) as error:
            self._give_up(f'no valid address: {error}')
        except (OSError, http.client.HTTPException) as error:
            raise _DroppedError(str(error) or type(error).__name__) from error

    def _agree(self, response: http.client.HTTPResponse, start: int) -> int:
        """Where the bytes that follow belong; notes which file they are of."""
        if response.status == 206 and start:
            span = re.fullmatch(
                r'bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)',
                response.headers.get('Content-Range', ''),
            )
            total = self.source.total
            if span and int(span[1]) == start and span[2] in ('*', str(total)):
                self.joined = True
                return start
            self._restart()
            raise _DroppedError('the file on the server has changed')
        if response.status != 200:
            self._give_up(f'the server answers {response.status}')
        self._restart()
        tag = response.headers.get('ETag', '')
        weak = not tag or tag.startswith('W/')
        length = response.headers.get('Content-Length', '')
        self.source.validator = response.headers.get('Last-Modified') if weak else tag
        self.source.total = int(length) if re.fullmatch('[0-9]{1,18}', length) else None
        with self._disk():
            self.note.write_text(json.dumps(vars(self.source)))
        return 0

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.read(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _DroppedError(str(error) or type(error).__name__) from error

    def _write(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        with self._disk():
            while view:
                view = view[self.file.write(view) :]

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _DISK_FULL:
                self._disk_full(error.strerror)
            raise

    def _check_size(self, count: int) -> None:
        if count > self.most:
            self.discard()
            raise DownloadError(
                f"'{self.url}' serves another file: it has {count:,} bytes or more, not "
                f'{self.most:,}; nothing was kept (a proxy that answers in its place?)'
            )

    def _check_space(self, start: int) -> None:
        free = shutil.disk_usage(self.target.parent).free
        needed = (self.source.total or 0) - start
        if needed > free:
            self._disk_full(f'{needed / 1e6:,.0f} MB are needed, {free / 1e6:,.0f} MB are free')

    def _disk_full(self, reason: str) -> NoReturn:
        self.discard()
        raise DownloadError(
            f"'{self.target.name}' does not fit into '{self.target.parent}' ({reason}); nothing "
            f'was kept: make room, or choose a folder with more, by {_FOLDER}'
        )

    def _give_up(self, reason: str) -> NoReturn:
        size = self._size()
        if not size:
            self.discard()
        kept = f'; the next call goes on after the {size:,} bytes that arrived' if size else ''
        raise DownloadError(
            f"'{self.target.name}' cannot be fetched from {self.url} ({reason}{kept}): fetch it "
            f"elsewhere and put it down as '{self.target}', or set MGP_MIRROR to an address that "
            f'serves the catalogue'
        )

    def _remembered(self) -> _Source:
        with contextlib.suppress(OSError, ValueError, TypeError):
            source = _Source(**json.loads(self.note.read_text()))
            if source.url == self.url:
                return source
        # Nothing is known of the bytes on the disk, if there are any: they will be dropped.
        return _Source(self.url)

    def _size(self) -> int:
        return os.fstat(self.file.fileno()).st_size

    def _restart(self) -> None:
        if self._size():
            self.file.truncate(0)
        self.source = _Source(self.url)


@contextlib.contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on the terminal, nothing elsewhere; yields what reports bytes so far and in all."""
    from rich import progress
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        progress.TextColumn('{task.description}'),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
