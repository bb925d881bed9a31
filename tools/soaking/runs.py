"""A run on toy faces: its command, its processes, what it leaves, and whether that is right."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from soaking.forks import Command, ForkServer, free_port, wait_until

if TYPE_CHECKING:
    from soaking.cluster import RayCluster

FILES = ('metrics.json', 'per_image.csv', 'sheet.png')
# Of a line of the ledger.
_HARMS = {
    'cut a line': lambda line: line[: len(line) // 2],
    'empty a line': lambda line: b'',
    'noise for a line': lambda line: os.urandom(40),
}
# Seconds that a launcher gives the others to end; torchrun's own are 30.
_STOPPING = 10
# Seconds for anything to happen.
_PATIENCE = 600


@dataclass(frozen=True)
class Task:
    """What is restored: the same command every time.

    Attributes:
        images: How many toy faces.
        config: Name of the config.
        settings: That keep it short.
    """

    images: int
    config: str
    settings: tuple[str, ...]

    def words(self, work_dir: Path, *more: str) -> list[str]:
        """Arguments of ``mmgenprior``."""
        settings = [*self.settings, f'test_dataloader.dataset.length={self.images}']
        return ['test', self.config, '--work-dir', str(work_dir), *more, '--cfg-options', *settings]

    @property
    def keys(self) -> list[str]:
        """Of its images."""
        return [f'test-{i:06d}' for i in range(self.images)]

    def contents(self, work_dir: Path) -> dict[str, bytes]:
        """Bytes of all that no disturbance may change."""
        pictures = [f'{f}/{key}.png' for f in ('restored', 'pictures') for key in self.keys]
        return {name: (work_dir / name).read_bytes() for name in (*FILES, *pictures)}


def quick_task(images: int, iterations: int) -> Task:
    """One short search of each face."""
    settings = (f'model.stages.CSGM.iterations={iterations}', 'model.restarts=1')
    return Task(images, 'csgm_toyfaces_sr4', settings)


class Launch:
    """The processes of one start.

    Args:
        commands: They.
        together: Whether the end of one ends them all, as a launcher sees to it.
        kind: How it was started, for the log.
    """

    def __init__(self, commands: Sequence[Command], together: bool, kind: str) -> None:
        self.commands, self.together, self.kind = list(commands), together, kind
        self._stopped: float | None = None

    def ended(self) -> bool:
        """Whether all processes have; the others of a launch are stopped when one has failed."""
        statuses = [command.poll() for command in self.commands]
        if self.together and any(status not in (None, 0) for status in statuses):
            self._stop()
        return None not in statuses

    def _stop(self) -> None:
        """As torchrun: politely and, of a process that waits for others in C++, by force."""
        if self._stopped is None:
            self._stopped = time.monotonic()
            self.send_signal(signal.SIGTERM)
        elif time.monotonic() - self._stopped > _STOPPING:
            self.send_signal(signal.SIGKILL)

    def finished(self) -> bool:
        """Whether all have ended, and well."""
        return self.ended() and all(command.poll() == 0 for command in self.commands)

    def send_signal(self, number: int, to: Command | None = None) -> None:
        """Send a signal to a process, or to all."""
        for command in [to] if to else self.commands:
            command.send_signal(number)

    def wait(self) -> bool:
        """Wait for its end; whether that was a good one."""
        if not wait_until(self.ended, _PATIENCE):
            raise TimeoutError(f'{self.kind} does not end:\n{self.said()}')
        return self.finished()

    def said(self) -> str:
        """What its processes have written to standard error."""
        return '\n'.join(command.err.read_text(errors='replace') for command in self.commands)


class Starter:
    """Starts a task in one of several ways.

    Args:
        server: Forks the processes.
        task: What is restored.
        folder: Of what they say.
        cluster: Of Ray, for its workers.
    """

    def __init__(
        self, server: ForkServer, task: Task, folder: Path, cluster: RayCluster | None = None
    ) -> None:
        self.server, self.task, self.folder, self.cluster = server, task, folder, cluster

    def alone(self, work_dir: Path) -> Launch:
        """One process."""
        return Launch([self.server.start(self.task.words(work_dir), self.folder)], True, 'alone')

    def ranks(self, work_dir: Path, count: int = 2) -> Launch:
        """Processes of one launch, as ``tools/dist_test.sh`` has them."""
        words = self.task.words(work_dir, '--launcher', 'pytorch')
        place = dict(WORLD_SIZE=str(count), MASTER_ADDR='127.0.0.1', MASTER_PORT=str(free_port()))
        commands = [
            self.server.start(
                words, self.folder, f'rank{i}_', {**place, 'RANK': str(i), 'LOCAL_RANK': str(i)}
            )
            for i in range(count)
        ]
        return Launch(commands, True, f'{count} ranks')

    def array(self, work_dir: Path, count: int = 2) -> Launch:
        """Tasks of a Slurm array, each on its own."""
        commands = [self.array_task(work_dir, i, count) for i in range(count)]
        return Launch(commands, False, f'an array of {count}')

    def array_task(self, work_dir: Path, task: int, count: int) -> Command:
        """One of them, as Slurm starts it at first and when it is requeued."""
        words = self.task.words(work_dir, '--share')
        return self.server.start(words, self.folder, f'task{task}_', slurm_variables(task, count))

    def workers(self, work_dir: Path) -> Launch:
        """Workers of Ray."""
        words = self.task.words(work_dir, '--launcher', 'ray', '--address', self.cluster.address)
        driver = self.server.start(words, self.folder, 'ray_', self.cluster.variables)
        return Launch([driver], True, 'workers of Ray')


def slurm_variables(task: int, count: int) -> Mapping[str, str]:
    """What Slurm tells a task of an array."""
    return {
        'SLURM_ARRAY_JOB_ID': '1000',
        'SLURM_ARRAY_TASK_ID': str(task),
        'SLURM_ARRAY_TASK_COUNT': str(count),
        'SLURM_ARRAY_TASK_MIN': '0',
        'SLURM_ARRAY_TASK_MAX': str(count - 1),
    }


def entered(work_dir: Path) -> list[str]:
    """Keys of the lines of the ledger, in no order; of lines that can be read."""
    keys = []
    for part in work_dir.glob('parts/rank*.jsonl'):
        for line in part.read_bytes().splitlines():
            try:
                fields = json.loads(line)
                keys.append(fields['key'])
            except (ValueError, KeyError, TypeError):
                continue
    return keys


def wait_for_images(launch: Launch, work_dir: Path, more: int, pause: float) -> None:
    """Wait until so many further images are entered, then for a while; or for the launch's end."""
    wanted = len(entered(work_dir)) + more
    wait_until(lambda: launch.ended() or len(entered(work_dir)) >= wanted, _PATIENCE)
    until = time.monotonic() + pause
    wait_until(lambda: launch.ended() or time.monotonic() > until, pause + 1)


def harm(work_dir: Path, chance: random.Random) -> str:
    """Damage something that a run has left, as a disk or a person may; what was done."""
    pictures = sorted(work_dir.glob('restored/*.png')) + sorted(work_dir.glob('pictures/*.png'))
    parts = [part for part in sorted(work_dir.glob('parts/rank*.jsonl')) if part.stat().st_size]
    kind = chance.choice(['empty a picture', 'cut a picture', *_HARMS])
    if 'picture' in kind:
        if not pictures:
            return 'nothing to harm'
        path = chance.choice(pictures)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2] if kind.startswith('cut') else b'')
        return f'{kind}: {path.relative_to(work_dir)}'
    if not parts:
        return 'nothing to harm'
    part = chance.choice(parts)
    lines = part.read_bytes().split(b'\n')
    number = chance.randrange(max(len(lines) - 1, 1))
    line = lines[number]
    lines[number] = _HARMS[kind](line).replace(b'\n', b' ')
    part.write_bytes(b'\n'.join(lines))
    return f'{kind}: line {number + 1} of {part.name}'
