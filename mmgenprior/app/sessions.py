"""Visitors: each has a folder, which goes when they go."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from pathlib import Path

import numpy as np

from mmgenprior.app.uploads import Upload


class Session:
    """One open page.

    Args:
        root: Below it the session has a folder of a name that nobody can guess.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root / secrets.token_urlsafe(18)
        self.folder.mkdir(mode=0o700)
        self.upload: Upload | None = None
        self.mask: np.ndarray | None = None
        self.is_closed = False
        self.seen = time.monotonic()
        self._stop: threading.Event | None = None

    def begin(self) -> threading.Event:
        """What stops the search that begins now; one before it is stopped."""
        self.stop()
        self._stop = threading.Event()
        return self._stop

    def stop(self) -> bool:
        """Stop the search, if there is one; returns whether there was."""
        running = self._stop is not None and not self._stop.is_set()
        if running:
            self._stop.set()
        return running

    @property
    def is_running(self) -> bool:
        """Whether a search was begun and is not at its end."""
        return self._stop is not None and not self._stop.is_set()

    def forget(self) -> None:
        """Another photo comes."""
        self.upload = self.mask = None

    def close(self) -> None:
        """Stop what runs and remove all files."""
        self.is_closed = True
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Sessions:
    """All open pages, by the key that a browser sends.

    Args:
        root: Folder of the server.
        idle: Seconds after which a silent one is closed.
    """

    def __init__(self, root: Path, idle: float) -> None:
        self.root = root
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

    def close(self, key: str) -> None:
        """Forget a visitor."""
        with self._lock:
            session = self._open.pop(key, None)
        if session is not None:
            session.close()

    def close_idle(self) -> None:
        """Forget those who have been silent, whose browsers did not say that they went."""
        oldest = time.monotonic() - self.idle
        with self._lock:
            idle = [k for k, s in self._open.items() if s.seen < oldest and not s.is_running]
        for key in idle:
            self.close(key)

    def close_all(self) -> None:
        """Forget everybody."""
        for key in list(self._open):
            self.close(key)
