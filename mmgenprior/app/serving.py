"""The server of the page: where it listens, where visitors' files lie, how it ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mmgenprior.app.limits import Limits
from mmgenprior.utils.errors import ConfigError, UserError

_PREFIX = 'mmgenprior-app-'
_LOCK = '.lock'
_REAPS_EVERY = 30.0
# Answers of the painting tool: pictures of the editor's size, without loss.
_EDITOR_BYTES = 16_000_000


class Server:
    """A running page; leaving the ``with`` block ends it and removes its files.

    Attributes:
        url: Where it is.
        folder: Where its visitors' files lie.
        sessions: Its visitors.
    """

    def __init__(self, folder: Path, sessions: Any, blocks: Any) -> None:
        self.folder = folder
        self.sessions = sessions
        self.url = str(blocks.local_url)


@contextlib.contextmanager
def serving(
    host: str = '127.0.0.1',
    port: int | None = 7860,
    limits: Limits | None = None,
    device: str = 'auto',
    options: Mapping[str, Any] | None = None,
    share: bool = False,
    warm: bool = True,
    say: Callable[[str], None] = print,
) -> Iterator[Server]:
    """Serve the page while the block runs.

    Args:
        host: Address to listen at; by default this machine alone can reach it.
        port: Its port, None for any that is free.
        limits: What one visitor may ask.
        device: See :class:`mmgenprior.Restorer`.
        options: Further arguments of every method, as in a config.
        share: Ask gradio's own servers for a public address; they see all that passes.
        warm: Fetch the default prior and build its networks at once, in the background.
        say: Told of what is going on.

    Raises:
        ConfigError: If gradio is not installed, or the port is taken.
    """
    limits = limits or Limits()
    with private_folder() as folder, _environment(folder):
        gr = _gradio()
        from mmgenprior.api.framework import load_framework

        load_framework()
        from PIL import Image

        from mmgenprior.app.bench import Bench
        from mmgenprior.app.examples import render_examples
        from mmgenprior.app.page import Page
        from mmgenprior.app.sessions import Sessions

        # Of any picture that a visitor sends, whoever opens it.
        most_pixels, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, limits.pixels
        bench = Bench(limits, device, dict(options or {}))
        sessions = Sessions(folder, limits.idle)
        blocks = Page(bench, sessions, limits, render_examples()).blocks
        ended = threading.Event()
        try:
            _launch(gr, blocks, host, port, limits, share)
            threading.Thread(target=_reap, args=(sessions, ended), daemon=True).start()
            if warm:
                threading.Thread(target=_warm_up, args=(bench, say), daemon=True).start()
            yield Server(folder, sessions, blocks)
        finally:
            ended.set()
            sessions.close_all()
            blocks.close(verbose=False)
            Image.MAX_IMAGE_PIXELS = most_pixels


def _gradio() -> Any:
    try:
        import gradio
    except ImportError as error:
        raise ConfigError(
            f"the page needs gradio: pip install 'mmgenprior[app]' ({error})"
        ) from None
    return gradio


def _launch(gr: Any, blocks: Any, host: str, port: int | None, limits: Limits, share: bool) -> None:
    from starlette.middleware import Middleware

    from mmgenprior.app import looks
    from mmgenprior.app.guard import Guard

    most_bytes = max(limits.file_bytes, _EDITOR_BYTES) + 1_000_000
    try:
        blocks.launch(
            server_name=host,
            server_port=port,
            share=share,
            prevent_thread_lock=True,
            inbrowser=False,
            quiet=True,
            show_error=False,
            max_file_size=limits.file_bytes,
            enable_monitoring=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            footer_links=[],
            theme=gr.themes.Soft(font=looks.FONTS, font_mono=looks.MONO),
            css=looks.CSS,
            app_kwargs=dict(middleware=[Middleware(Guard, most_bytes=most_bytes)]),
        )
    except OSError as error:
        raise ConfigError(
            f'cannot listen at {host}:{port}: choose another --port or --host ({error})'
        ) from None


def _reap(sessions: Any, ended: threading.Event) -> None:
    while not ended.wait(_REAPS_EVERY):
        sessions.close_idle()


def _warm_up(bench: Any, say: Callable[[str], None]) -> None:
    try:
        bench.warm_up(say)
    except UserError as error:
        say(f'the default prior is not ready: {error}')


@contextlib.contextmanager
def _environment(folder: Path) -> Iterator[None]:
    """Gradio's settings that are read from the environment: all files here, nothing told abroad."""
    wanted = dict(GRADIO_TEMP_DIR=str(folder), GRADIO_ANALYTICS_ENABLED='False', HF_HUB_OFFLINE='1')
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def private_folder(parent: Path | None = None) -> Iterator[Path]:
    """A temporary folder that only this user can read, removed at the end.

    Those that earlier servers left, which were killed, are removed first.

    Args:
        parent: Where; the system's folder for temporary files by default.
    """
    parent = parent or Path(tempfile.gettempdir())
    for left in parent.glob(f'{_PREFIX}*'):
        _remove_if_left(left)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    lock = FileLock(folder / _LOCK)
    lock.acquire()
    try:
        yield folder
    finally:
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def _remove_if_left(folder: Path) -> None:
    """Remove the folder of a server that is no more; others' and running servers' stay."""
    if not folder.is_dir() or folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return
    shutil.rmtree(folder, ignore_errors=True)
    lock.release()
