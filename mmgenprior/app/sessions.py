"""Visitors: each has a folder and uploads, which go when they go."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mmgenprior.api.arguments import ArgumentError
from mmgenprior.app.uploads import Upload


class Session:
    """One open page.

    Args:
        root: Below it the session has a folder of a name that nobody can guess.

    Attributes:
        folder: Of its photo and its results.
        upload: The photo.
        mask: Of a mask file, H×W bool, True where it is white.
        files: What gradio stored for it beside the folder.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root / secrets.token_urlsafe(18)
        self.folder.mkdir(mode=0o700)
        self.upload: Upload | None = None
        self.mask: np.ndarray | None = None
        self.files: set[Path] = set()
        self.seen = time.monotonic()
        self.is_closed = False
        self._stop: threading.Event | None = None

    def begin(self) -> threading.Event:
        """What stops the search that begins now; one before it is stopped."""
        self.stop()
        self._stop = threading.Event()
        return self._stop

    def stop(self) -> None:
        """Stop the search, if there is one."""
        if self._stop is not None:
            self._stop.set()

    @property
    def is_running(self) -> bool:
        """Whether a search was begun and is not at its end."""
        return self._stop is not None and not self._stop.is_set()

    def forget(self) -> None:
        """Another photo comes."""
        self.stop()
        self.upload = self.mask = None

    def close(self) -> None:
        """Stop what runs and remove the folder."""
        self.is_closed = True
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Sessions:
    """All open pages, by the key that a browser sends.

    Args:
        root: Folder of the server. Gradio puts uploads below it, each into a folder that is named
            by a hash of the contents, so that two visitors may share one.
        idle: Seconds after which a silent one is closed.
    """

    def __init__(self, root: Path, idle: float) -> None:
        self.root = root.resolve()
        self.idle = idle
        self._open: dict[str, Session] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._open)

    def of(self, key: str) -> Session:
        """The session of a key, a new one where there is none."""
        with self._lock:
            if key not in self._open:
                self._open[key] = Session(self.root)
            session = self._open[key]
            session.seen = time.monotonic()
            return session

    def get(self, key: str) -> Session | None:
        """The session of a key, None where there is none."""
        return self._open.get(key)

    def hold(self, session: Session, paths: Iterable[str]) -> list[Path]:
        """Note uploads as a session's, to be removed with it.

        Args:
            session: It.
            paths: As its browser names them.

        Raises:
            ArgumentError: If one is no upload.
        """
        found = [Path(path).resolve() for path in paths]
        for path in found:
            if path.parent == session.folder:
                continue
            others = {other.folder for other in self._open.values()}
            if path.parent.parent != self.root or path.parent in others or not path.is_file():
                raise ArgumentError('the upload is not here any more: give it again')
            session.files.add(path)
        return found

    def close(self, key: str) -> None:
        """Forget a visitor."""
        with self._lock:
            session = self._open.pop(key, None)
            if session is None:
                return
            for path in session.files - self._held():
                _remove(path)
            if not self._open:
                self._remove_strays(_ARRIVES_WITHIN)
        session.close()

    def close_idle(self) -> None:
        """Forget those who have been silent, and uploads that nobody speaks of."""
        oldest = time.monotonic() - self.idle
        with self._lock:
            idle = [k for k, s in self._open.items() if s.seen < oldest and not s.is_running]
        for key in idle:
            self.close(key)
        with self._lock:
            self._remove_strays(min(self.idle, _SPOKEN_OF_WITHIN))

    def close_all(self) -> None:
        """Forget everybody."""
        for key in list(self._open):
            self.close(key)

    def _remove_strays(self, age: float) -> None:
        """Remove uploads that are older, in seconds, and of no session.

        The painting tool sends its pictures at every change, and of changes that follow quickly
        gradio tells the last alone: those of the others nobody ever names.
        """
        held = self._held()
        for path in filter(Path.is_file, self.root.glob('*/*')):
            is_own = path.parent.name == EXAMPLES or any(
                path.parent == session.folder for session in self._open.values()
            )
            if not is_own and path not in held and _age(path) > age:
                _remove(path)

    def _held(self) -> set[Path]:
        return {path for session in self._open.values() for path in session.files}


# Folder below the root of what the page itself shows.
EXAMPLES = 'examples'
# Seconds between an upload and what a browser asks of it: at most, and on a busy server.
_ARRIVES_WITHIN = 5.0
_SPOKEN_OF_WITHIN = 60.0


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:  # gone in between
        return 0.0


def _remove(path: Path) -> None:
    """Remove an upload, and its folder with the last one."""
    path.unlink(missing_ok=True)
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()
