"""A cluster of Ray on this machine, whose nodes join and leave by ``ray start``."""

from __future__ import annotations

import ctypes
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from soaking.forks import free_port

# Ray gives itself 30 seconds to start, which a busy machine does not always make.
_TRIES = 4
_SECONDS = 120


class RayCluster:
    """Nodes of one core each; a context.

    Args:
        environ: Of the nodes.
        folder: Of what they say.

    Attributes:
        address: To join it at.
        variables: What the environment of all who join must have.
    """

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self.variables = {
            'RAY_USAGE_STATS_ENABLED': '0',
            'RAY_worker_register_timeout_seconds': '300',
            # A cluster runs what it is sent: only who knows the word of this one gets in.
            'RAY_AUTH_MODE': 'token',
            'RAY_AUTH_TOKEN': secrets.token_hex(32),
        }
        self._environ = {**environ, **self.variables}
        self._folder = folder
        self._nodes: list[subprocess.Popen] = []
        self._started = 0

    def __enter__(self) -> RayCluster:
        self.address = f'127.0.0.1:{free_port()}'
        port = self.address.rpartition(':')[2]
        self.head = self._start('--head', f'--port={port}', '--include-dashboard=false')
        return self

    def __exit__(self, *_: object) -> None:
        for node in reversed(self._nodes):
            self._end(node)

    def join(self) -> subprocess.Popen:
        """A further node."""
        return self._start(f'--address={self.address}')

    def leave(self, node: subprocess.Popen) -> None:
        """A node ends, and its workers with it."""
        self._end(node)
        self._nodes.remove(node)

    def workers(self) -> list[int]:
        """Processes of the workers that restore images, on all nodes."""
        nodes = {node.pid for node in self._nodes}
        found = []
        for folder in Path('/proc').glob('[0-9]*'):
            try:
                if (folder / 'cmdline').read_bytes().startswith(b'ray::Worker'):
                    raylet = _parent(int(folder.name))
                    found += [int(folder.name)] if _parent(raylet) in nodes else []
            except OSError:  # it has ended
                continue
        return found

    def _start(self, *words: str) -> subprocess.Popen:
        common = [
            '--num-cpus=1',
            '--object-store-memory=100000000',
            '--block',
            '--disable-usage-stats',
        ]
        for _ in range(_TRIES):
            self._started += 1
            log = self._folder / f'node{self._started}.log'
            with open(log, 'w') as out:
                node = subprocess.Popen(
                    [sys.executable, '-m', 'ray.scripts.scripts', 'start', *words, *common],
                    env=self._environ,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                    preexec_fn=_end_with_parent,
                )
            until = time.monotonic() + _SECONDS
            while node.poll() is None and time.monotonic() < until:
                if 'Ray runtime started' in log.read_text():
                    self._nodes.append(node)
                    return node
                time.sleep(0.2)
            self._end(node)
        raise RuntimeError(f'no node of Ray has started: {log.read_text()}')

    @staticmethod
    def _end(node: subprocess.Popen) -> None:
        node.terminate()
        try:
            node.wait(timeout=60)
        except subprocess.TimeoutExpired:
            node.kill()
            node.wait()


def _end_with_parent() -> None:
    """A cluster must not outlive who was killed while it used it."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _parent(process: int) -> int:
    status = Path(f'/proc/{process}/status').read_text()
    return int(next(line for line in status.splitlines() if line.startswith('PPid:')).split()[1])
