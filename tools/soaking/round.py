"""One work dir, disturbed in every way, then finished and compared."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from soaking.cluster import RayCluster
from soaking.forks import ForkServer
from soaking.killing import Broken, Say, Tally, check_contents, check_ledger
from soaking.runs import Launch, Starter, Task, entered, harm, wait_for_images

# Most disturbances of a round; then it may finish.
_MOST = 12
# Bytes at which the disk is full: within a picture, within the ledger, within the sheet.
_FULL = (200, 3000, 20_000, 100_000)
_SIGNALS = {'kill -9': signal.SIGKILL, 'SIGTERM': signal.SIGTERM, 'SIGINT': signal.SIGINT}


class Soak:
    """Rounds of disturbances; a context.

    Args:
        task: What is restored.
        folder: Gets the work dirs.
        chance: Decides everything.
        tally: Counts.
        say: Tells a line.
        with_ray: Whether workers of Ray are among the ways to start.
    """

    def __init__(
        self,
        task: Task,
        folder: Path,
        chance: random.Random,
        tally: Tally,
        say: Say,
        with_ray: bool,
    ) -> None:
        self.task, self.folder, self.chance = task, folder, chance
        self.tally, self.say, self.with_ray = tally, say, with_ray
        self._open = ExitStack()
        self._joined: subprocess.Popen | None = None

    def __enter__(self) -> Soak:
        self.server = self._open.enter_context(ForkServer())
        self.cluster = None
        if self.with_ray:
            self.cluster = RayCluster(self.server.environment, self.folder)
            self._open.enter_context(self.cluster)
        self.starter = Starter(self.server, self.task, self.folder, self.cluster)
        launch = self.starter.alone(self.folder / 'undisturbed')
        if not launch.wait():
            raise Broken(f'the undisturbed run has failed:\n{launch.said()}')
        self.whole = self.task.contents(self.folder / 'undisturbed')
        self.say(f'undisturbed: {len(self.whole)} files')
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def round(self, until: float) -> None:
        """A work dir from its first start to its comparison.

        Args:
            until: When no further disturbance begins, on the clock of ``time.monotonic``.

        Raises:
            Broken: If something was lost, or a byte differs.
        """
        work_dir = self.folder / f'round{self.tally.rounds + 1}'
        known: list[str] = []
        harmed = finished = False
        for _ in range(self.chance.randint(2, _MOST)):
            if time.monotonic() > until:
                break
            if finished and self.chance.random() < 0.5:
                break
            # Of a finished run only what was harmed is left to do.
            if entered(work_dir) and (finished or self.chance.random() < 0.3):
                self._note(harm(work_dir, self.chance), 'harm')
                harmed = True
            launch = self._start(work_dir)
            self._disturb(launch, work_dir)
            finished = launch.wait()
            # What was harmed is made again, and has two entries.
            known = entered(work_dir) if harmed else check_ledger(work_dir, known)
            self.say(f'    {"finished" if finished else "ended"} with {len(set(known))} images')
            if 'Traceback' in launch.said():
                self._note('it has written a traceback', 'traceback')
                self.say(launch.said())
        launch = self._start(work_dir)
        if not launch.wait():
            raise Broken(f'{launch.kind}, undisturbed, has failed:\n{launch.said()}')
        check_contents(self.task, work_dir, self.whole)
        self.tally.rounds += 1
        self.say(f'round {self.tally.rounds}: every byte is right; {self.tally}')
        shutil.rmtree(work_dir)

    def _note(self, what: str, kind: str) -> None:
        self.tally.events[kind] += 1
        self.say(f'    {what}')

    def _start(self, work_dir: Path) -> Launch:
        ways: list[Callable[[Path], Launch]] = [
            self.starter.alone,
            self.starter.ranks,
            lambda folder: self.starter.ranks(folder, 3),
            self.starter.array,
            lambda folder: self.starter.array(folder, 3),
        ]
        if self.with_ray:
            ways.append(self.starter.workers)
        launch = self.chance.choice(ways)(work_dir)
        self.tally.starts += 1
        self.say(f'  {launch.kind}')
        return launch

    def _disturb(self, launch: Launch, work_dir: Path) -> None:
        """One disturbance of a launch that is at work, or none."""
        images = self.chance.choice([0, 1, 1, 2, 3])
        wait_for_images(launch, work_dir, images, self.chance.uniform(0, 1.5))
        if launch.kind.startswith('workers') and self.chance.random() < 0.7:
            self._change_workers()
            return
        what = self.chance.choice(['kill all', 'full disk', 'kill -9', *_SIGNALS])
        alive = [command for command in launch.commands if command.poll() is None]
        if not alive:
            return
        victim = self.chance.choice(alive)
        if what == 'kill all':
            launch.send_signal(signal.SIGKILL)
            self._note('kill -9 of all', 'kill -9')
        elif what == 'full disk':
            limit = self.chance.choice(_FULL)
            victim.limit_files(limit)
            self._note(f'a disk full after {limit} bytes of a file', what)
        else:
            victim.send_signal(_SIGNALS[what])
            self._note(f'{what} of process {victim.pid}', what)
        if not launch.together:  # nobody else would end them
            for command in alive:
                if self.chance.random() < 0.5:
                    command.send_signal(signal.SIGTERM)

    def _change_workers(self) -> None:
        at_work = self.cluster.workers()
        if self._joined is None and self.chance.random() < 0.5:
            self._joined = self.cluster.join()
            self._note('a node of Ray joins', 'joining')
        elif self._joined is not None and self.chance.random() < 0.5:
            self.cluster.leave(self._joined)
            self._joined = None
            self._note('a node of Ray leaves', 'leaving')
        elif at_work:
            victim = self.chance.choice(at_work)
            os.kill(victim, signal.SIGKILL)
            self._note(f'kill -9 of worker {victim}', 'kill -9 of a worker')
