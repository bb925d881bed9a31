"""Deals samples to workers of Ray, which come, die, come again and leave."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, RayActorError, RayTaskError

from mmgenprior.cli.workers.worker import Ready, Restored
from mmgenprior.ledger.failures import Failure
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.names import listed

# Seconds between two looks at the cluster and at what the workers are doing.
_LOOK = 2.0
# Seconds without a single worker after which the reason is told.
_PATIENCE = 60.0
# Asked while the worker does something else.
_BESIDE = ('place', 'share_done')
# A sample that so many workers died of is not given to another, and when each died so often while
# nobody got ready or finished anything, the model is to blame.
_DEATHS = 10
# Seconds in which workers finish the entry that they are writing.
_HALT = 30.0


@dataclass(eq=False)
class _Member:
    """A worker, as the pool sees it."""

    actor: Any
    where: str = ''
    images_at_once: int = 0  # 0 until its model is built
    samples: tuple[int, ...] = ()
    share: float = 0.0
    asked: bool = False
    away: bool = False  # to be welcomed when it is back

    @property
    def idle(self) -> bool:
        return self.images_at_once > 0 and not self.samples


class Pool:
    """The workers of a run.

    Args:
        hire: Asks Ray for a worker; it starts when there is room for it.
        wanted: How many there should be now.
        finished: Which of some samples are in the ledger, though nobody said so.
        failed: Takes an image that could not be restored.
        name: Of a sample, for messages.
        say: Tells a line.
    """

    def __init__(
        self,
        hire: Callable[[], Any],
        wanted: Callable[[], int],
        finished: Callable[[Collection[int]], list[dict]],
        failed: Callable[[Failure], None],
        name: Callable[[int], str],
        say: Callable[[str], None],
    ) -> None:
        self._hire, self._wanted, self._finished = hire, wanted, finished
        self._failed, self._name, self._say = failed, name, say
        self._members: list[_Member] = []
        self._calls: dict[Any, tuple[str, _Member]] = {}
        self._left: deque[int] = deque()
        self._died_of: Counter[int] = Counter()
        self._deaths = 0  # since anything went well
        self._said: set[str] = set()
        self._looked = 0.0

    @property
    def workers(self) -> int:
        """How many are at work."""
        return sum(bool(member.samples) for member in self._members)

    @property
    def in_hand(self) -> float:
        """How much is done of the samples that are under way, in samples."""
        return sum(member.share * len(member.samples) for member in self._members)

    def run(self, samples: Sequence[int]) -> Iterator[list[dict[str, Any]]]:
        """Have samples restored by whoever is there.

        Args:
            samples: Their indices.

        Yields:
            Rows of those that were finished since the last time, maybe none.

        Raises:
            UserError: As a worker raises it, or if workers die again and again of a sample.
        """
        self._left = deque(samples)
        started = time.monotonic()
        while self._left or self.workers:
            self._look()
            for member in self._members:
                if member.idle and self._left:
                    self._give(member)
            rows: list[dict[str, Any]] = []
            for call in ray.wait(list(self._calls), num_returns=1, timeout=_LOOK)[0]:
                rows += self._answer(call)
            yield rows
            if time.monotonic() - started > _PATIENCE:
                self._tell_if_nobody_came()

    def close(self) -> None:
        """Have every worker finish the entry that it is writing, then end it."""
        halted = [self._beside(member).halt for member in self._members]
        calls = [halt.remote() for halt in halted]
        if calls:
            ray.wait(calls, num_returns=len(calls), timeout=_HALT)
        for member in self._members:
            ray.kill(member.actor)
        self._members, self._calls = [], {}

    # -- workers ---------------------------------------------------------------------

    def _look(self) -> None:
        """Hire who is wanted, and ask the others how far they are."""
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        self._looked = now
        while len(self._members) < self._wanted():
            member = _Member(self._hire())
            self._members.append(member)
            self._welcome(member)
        for member in self._members:
            if member.away:
                self._welcome(member)
            if member.samples and not member.asked:
                member.asked = True
                self._call('share_done', member)

    def _call(self, what: str, member: _Member, *words: Any) -> None:
        source = self._beside(member) if what in _BESIDE else member.actor
        self._calls[getattr(source, what).remote(*words)] = (what, member)

    def _welcome(self, member: _Member) -> None:
        member.where, member.away = '', False
        self._call('place', member)
        self._call('ready', member)

    @staticmethod
    def _beside(member: _Member) -> Any:
        return _InGroup(member.actor, 'beside')

    def _give(self, member: _Member) -> None:
        count = min(member.images_at_once, len(self._left))
        member.samples = tuple(self._left.popleft() for _ in range(count))
        member.share = 0.0
        self._call('restore', member, member.samples)

    # -- answers ---------------------------------------------------------------------

    def _answer(self, call: Any) -> list[dict[str, Any]]:
        what, member = self._calls.pop(call)
        if what == 'share_done':
            member.asked = False
        try:
            told = ray.get(call)
        except RayActorError as error:
            # Of a question beside the work, the work itself will tell.
            return [] if what in _BESIDE else self._died(member, error)
        except RayTaskError as error:
            if isinstance(error.cause, Exception):
                raise error.cause from error
            raise
        if isinstance(told, Ready):
            member.images_at_once = told.images_at_once
            self._deaths = 0
        elif isinstance(told, Restored):
            member.samples = ()
            self._deaths = 0
            for failed in told.failures:
                self._failed(failed)
        elif isinstance(told, str):
            member.where = told
            return []
        else:
            member.share = told
            return []
        for line in told.warnings:
            if line not in self._said:
                self._said.add(line)
                self._say(line)
        return told.rows if isinstance(told, Restored) else []

    def _died(self, member: _Member, error: RayActorError) -> list[dict[str, Any]]:
        """Give what it had to others; Ray starts it again where there is room."""
        rows = self._finished(member.samples) if member.samples else []
        lost = set(member.samples) - {row['sample_idx'] for row in rows}
        self._left.extendleft(sorted(lost, reverse=True))
        self._died_of.update(lost)
        if lost:
            names = listed([self._name(sample) for sample in sorted(lost)], 3)
            self._say(f'A worker ended ({member.where}): {names} is given to another.')
        for sample in lost:
            if self._died_of[sample] >= _DEATHS:
                raise UserError(f'{_DEATHS} workers died of {self._name(sample)}: {_line(error)}')
        member.images_at_once, member.samples, member.share = 0, (), 0.0
        if isinstance(error, ActorUnavailableError):
            # Ray starts it again already, and refuses questions at once until then.
            member.away = True
            return rows
        self._deaths += 1
        if self._deaths > _DEATHS * len(self._members):
            raise UserError(f'workers end while they build the model: {_line(error)}')
        self._welcome(member)  # answered when it lives again
        return rows

    def _tell_if_nobody_came(self) -> None:
        if any(member.where for member in self._members) or 'nobody' in self._said:
            return
        self._said.add('nobody')
        free = {name: n for name, n in ray.available_resources().items() if name in ('CPU', 'GPU')}
        have = ', '.join(f'{n:g} {name}' for name, n in sorted(free.items())) or 'no CPU'
        self._say(f'Waiting for room for a worker; free in the cluster: {have}.')


class _InGroup:
    """Methods of an actor, called in another of its groups of threads."""

    def __init__(self, actor: Any, group: str) -> None:
        self._actor, self._group = actor, group

    def __getattr__(self, name: str) -> Any:
        return getattr(self._actor, name).options(concurrency_group=self._group)


def _line(error: Exception) -> str:
    return ' '.join(str(error).split())[:300]
