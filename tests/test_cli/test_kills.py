"""A random killer: whatever is killed, whenever, the bytes are those of an undisturbed run.

A few kills each; ``MGP_KILLS=full`` is 50 of one process, 20 of two ranks, of the tasks of an array
and of the workers of Ray; another number is that many of each.
"""

from __future__ import annotations

import os
import random
import signal

import pytest
from extras import with_ray

from .conftest import ROOT

# isort: split
from soaking.cluster import RayCluster
from soaking.forks import ForkServer, wait_until
from soaking.killing import check_contents, check_ledger, kill_and_go_on
from soaking.runs import Starter, entered, quick_task, wait_for_images

# Fifty kills take twenty minutes and more.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]
TASK = quick_task(images=24, iterations=10)
# Long enough for a worker to come back, which takes ten seconds or so.
LONGER = quick_task(images=24, iterations=100)
_FULL = dict(one=50, ranks=20, array=20, workers=20)
_FEW = dict(one=4, ranks=3, array=3, workers=3)


def kills(what: str) -> int:
    """How many kills were asked for."""
    asked = os.environ.get('MGP_KILLS', '')
    return int(asked) if asked.isdecimal() else (_FULL if asked == 'full' else _FEW)[what]


@pytest.fixture(scope='module')
def server():
    assert ROOT.is_dir()
    with ForkServer() as server:
        yield server


@pytest.fixture(scope='module')
def whole(tmp_path_factory, server):
    """What an undisturbed run leaves."""
    folder = tmp_path_factory.mktemp('whole')
    launch = Starter(server, TASK, folder).alone(folder / 'run')
    assert launch.wait(), launch.said()
    return TASK.contents(folder / 'run')


def report(what, tally):
    print(f'{what}: {tally}')
    assert tally.events['kill -9'] >= kills(what)


def test_one_process(whole, server, tmp_path):
    starter = Starter(server, TASK, tmp_path)

    def start(work_dir, number):
        return starter.alone(work_dir)

    chance = random.Random(1)
    report('one', kill_and_go_on(kills('one'), TASK, whole, tmp_path, start, chance, 0.5))


def test_two_ranks_and_other_numbers_between(whole, server, tmp_path):
    starter = Starter(server, TASK, tmp_path)

    def start(work_dir, number):
        return starter.alone(work_dir) if number % 4 == 3 else starter.ranks(work_dir)

    chance = random.Random(2)
    report('ranks', kill_and_go_on(kills('ranks'), TASK, whole, tmp_path, start, chance, 0.5))


def test_tasks_of_an_array_that_are_requeued(whole, server, tmp_path):
    """The others go on when one is killed, and do its image too."""
    starter, chance, done, rounds = Starter(server, TASK, tmp_path), random.Random(3), 0, 0
    while done < kills('array'):
        rounds += 1
        work_dir = tmp_path / f'run{rounds}'
        launch, known = starter.array(work_dir, 2), []
        while not launch.finished():
            wait_for_images(launch, work_dir, chance.choice([0, 1, 1, 2]), chance.uniform(0, 1))
            task = chance.randrange(2)
            if done < kills('array'):
                launch.commands[task].kill()
                if launch.commands[task].wait() == -signal.SIGKILL:
                    done += 1
                    launch.commands[task] = starter.array_task(work_dir, task, 2)
            else:
                launch.wait()
            known = check_ledger(work_dir, known)
        check_contents(TASK, work_dir, whole)
        print(f'round {rounds}: the bytes of an undisturbed run; {done} tasks were killed')
    assert done >= kills('array')


@with_ray
def test_workers_with_one_that_joins_and_one_that_leaves(server, tmp_path):
    """The run itself goes on: whoever dies is started again, and others do its image."""
    chance, done, rounds = random.Random(4), 0, 0
    alone = Starter(server, LONGER, tmp_path).alone(tmp_path / 'whole')
    assert alone.wait(), alone.said()
    whole = LONGER.contents(tmp_path / 'whole')
    with RayCluster(server.environment, tmp_path) as cluster:
        leaving = cluster.join()
        starter = Starter(server, LONGER, tmp_path, cluster)
        while done < kills('workers') or rounds == 0:
            rounds += 1
            work_dir = tmp_path / f'run{rounds}'
            launch = starter.workers(work_dir)
            (driver,) = launch.commands
            while not launch.ended():
                wait_for_images(launch, work_dir, chance.choice([0, 1, 1, 2]), chance.uniform(0, 2))
                if leaving is not None and entered(work_dir):
                    cluster.join()
                    cluster.leave(leaving)
                    leaving = None
                wait_until(lambda d=driver: d.poll() is not None or cluster.workers(), 300)
                at_work = cluster.workers()
                if at_work and done < kills('workers') and driver.poll() is None:
                    os.kill(chance.choice(at_work), signal.SIGKILL)
                    done += 1
                elif done >= kills('workers'):
                    break
            assert launch.wait(), launch.said()
            check_ledger(work_dir, [])
            check_contents(LONGER, work_dir, whole)
            print(f'round {rounds}: the bytes of an undisturbed run; {done} workers were killed')
    assert done >= kills('workers') and leaving is None
