"""Commands of ``mmgenprior`` in forks of a process that has imported everything once.

A start-up costs some ten processor seconds, a fork some milliseconds; what is killed is a process
of its own all the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Every line on stdin is a command that a fork runs; a line on stdout tells its number, a later one
# its status.
_SERVER = """
import json, os, signal, sys, threading, torch
# A shell's background job ignores it, and so would all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
torch.set_num_threads(1)
import mmgenprior.components
from mmgenprior.cli.main import main

def report(child):
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps([child, status]), flush=True)

for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child:
        print(json.dumps([child, None]), flush=True)
        threading.Thread(target=report, args=(child,), daemon=True).start()
        continue
    os.chdir(order['cwd'])
    os.environ.update(order['environ'])
    for number, name in ((0, os.devnull), (1, order['out']), (2, order['err'])):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(name, flags), number)
    sys.argv = ['mmgenprior', *order['words']]
    try:
        status = main()
    except SystemExit as end:
        status = end.code
    except BaseException:
        import traceback
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
"""


class ForkServer:
    """Runs commands in forks; a context.

    Args:
        environ: Added to the environment of all.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(('MGP_', 'SLURM_'))}
        paths = [str(ROOT), *kept.get('PYTHONPATH', '').split(os.pathsep)]
        self.environment = kept | {
            'PYTHONPATH': os.pathsep.join(dict.fromkeys(path for path in paths if path)),
            'OMP_NUM_THREADS': '1',
            'PATH': f'{Path(sys.executable).parent}{os.pathsep}{kept["PATH"]}',
            **(environ or {}),
        }
        self._statuses: dict[int, int | None] = {}

    def __enter__(self) -> ForkServer:
        self._process = subprocess.Popen(
            [sys.executable, '-c', _SERVER],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # what select() does not see must not wait in a buffer
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def start(
        self,
        words: Sequence[str],
        cwd: Path,
        name: str = 'std',
        environ: Mapping[str, str] | None = None,
    ) -> Command:
        """A command that is under way.

        Args:
            words: Of the command, without ``mmgenprior``.
            cwd: Where it is started, and where ``<name>out`` and ``<name>err`` are written.
            name: Of those files.
            environ: Added to its environment.
        """
        order = dict(
            words=list(words),
            cwd=str(cwd),
            out=str(cwd / f'{name}out'),
            err=str(cwd / f'{name}err'),
            environ=dict(environ or {}),
        )
        self._process.stdin.write(json.dumps(order).encode() + b'\n')
        while True:
            child, status = self._read()
            if status is None:
                return Command(self, child, cwd / f'{name}out', cwd / f'{name}err')

    def status(self, child: int) -> int | None:
        """Exit status, None until it has ended."""
        while select.select([self._process.stdout], [], [], 0)[0]:
            self._read()
        return self._statuses[child]

    def _read(self) -> tuple[int, int | None]:
        child, status = json.loads(self._process.stdout.readline())
        self._statuses[child] = status
        return child, status


class Command:
    """A process that can be killed at any moment."""

    def __init__(self, server: ForkServer, pid: int, out: Path, err: Path) -> None:
        self.server, self.pid, self.out, self.err = server, pid, out, err

    def poll(self) -> int | None:
        """The status if it has ended."""
        return self.server.status(self.pid)

    def wait(self, timeout: float = 600) -> int:
        """Its status when it has ended."""
        if not wait_until(lambda: self.poll() is not None, timeout):
            raise TimeoutError(f'process {self.pid} does not end')
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def limit_files(self, size: int) -> None:
        """Let none of its files grow beyond so many bytes from now on, as on a full disk."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                _, hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
                resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, hard))

    def kill(self) -> None:
        """As ``kill -9``."""
        self.send_signal(signal.SIGKILL)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_until(condition: Callable[[], bool], timeout: float) -> bool:
    """Wait for a condition; whether it came true."""
    until = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
