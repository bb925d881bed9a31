"""Kills at random moments, until enough: what must hold after each, and at the end."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from soaking.runs import Launch, Task, entered, wait_for_images

Say = Callable[[str], None]
# Further images that are waited for before a kill: few lives are long enough for two.
_IMAGES = (0, 0, 1, 1, 2)


class Broken(AssertionError):
    """Something was lost, or differs from what an undisturbed run leaves."""


@dataclass
class Tally:
    """What has happened.

    Attributes:
        starts: How many launches there were.
        rounds: How many work dirs were finished, each with the right bytes.
        events: Kind of disturbance → how many.
    """

    starts: int = 0
    rounds: int = 0
    events: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        events = ', '.join(f'{n} {kind}' for kind, n in sorted(self.events.items()))
        return f'{self.rounds} rounds, {self.starts} starts; {events or "nothing else"}'


def check_ledger(work_dir: Path, before: list[str]) -> list[str]:
    """Keys that are entered; none was lost, and no finished image was made again.

    Args:
        work_dir: Of the run.
        before: What this function has returned the last time.

    Raises:
        Broken: Otherwise.
    """
    now = entered(work_dir)
    lost = Counter(before) - Counter(now)
    if lost:
        raise Broken(f'entries were lost: {sorted(lost)}')
    twice = [key for key, count in Counter(now).items() if count > 1]
    if twice:
        raise Broken(f'finished images were made again: {sorted(twice)}')
    return now


def check_contents(task: Task, work_dir: Path, whole: dict[str, bytes]) -> None:
    """Every byte is that of an undisturbed run.

    Raises:
        Broken: Otherwise.
    """
    found = task.contents(work_dir)
    differing = [name for name, content in whole.items() if found[name] != content]
    if differing:
        raise Broken(f'{work_dir}: other bytes in {", ".join(differing[:5])}')


def kill_and_go_on(
    kills: int,
    task: Task,
    whole: dict[str, bytes],
    folder: Path,
    start: Callable[[Path, int], Launch],
    chance: random.Random,
    seconds: float,
    say: Say = print,
) -> Tally:
    """Kill a process of a run at a random moment and start again, until there were enough kills.

    A run that is finished before is followed by another in a new work dir.

    Args:
        kills: How many.
        task: What is restored.
        whole: What an undisturbed run leaves.
        folder: Gets the work dirs.
        start: Work dir, number of the start → launch.
        chance: Chooses moments and victims.
        seconds: An image takes about so many; kills come up to twice as long after an entry.
        say: Tells a line.

    Raises:
        Broken: If an entry was lost or made again, or a byte differs.
    """
    tally = Tally()
    while tally.events['kill -9'] < kills:
        work_dir = folder / f'round{tally.rounds + 1}'
        known: list[str] = []
        finished = False
        while not finished:
            launch = start(work_dir, tally.starts)
            tally.starts += 1
            if tally.events['kill -9'] < kills:
                pause = chance.uniform(0, 2 * seconds)
                wait_for_images(launch, work_dir, chance.choice(_IMAGES), pause)
                alive = [command for command in launch.commands if command.poll() is None]
                victim = chance.choice(alive) if alive else None
            else:
                victim = None
            if victim:
                victim.kill()
            finished = launch.wait()
            killed = victim is not None and victim.poll() == -9
            tally.events['kill -9'] += killed
            if not finished and not killed:
                raise Broken(f'{launch.kind} has failed by itself:\n{launch.said()}')
            known = check_ledger(work_dir, known)
            say(f'{launch.kind}: {"finished" if finished else "killed"}, {len(known)} images')
        check_contents(task, work_dir, whole)
        tally.rounds += 1
        say(f'round {tally.rounds}: the bytes of an undisturbed run after {tally}')
    return tally
