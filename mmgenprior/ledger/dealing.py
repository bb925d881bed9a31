"""Which of several processes restores which image: the ledger decides, and who comes first."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from mmgenprior.ledger.claims import Claims

# Between two looks at the images of others, when nothing else is left.
_PAUSE = 0.5


def deal(
    keys: Sequence[str],
    size: int,
    claims: Claims,
    finished: Callable[[], Collection[str]],
    pause: float = _PAUSE,
) -> Iterator[list[str]]:
    """Images for this process until all are done, those of a process that died among them.

    Args:
        keys: In the order of this process.
        size: How many are worked on together.
        claims: Of this process.
        finished: What is done by now, by whatever process.
        pause: Seconds of waiting while all that is left is in other hands.

    Yields:
        Keys that nobody else works on. They are given back when the next are asked for.
    """
    left = list(keys)
    while True:
        done = finished()
        left = [key for key in left if key not in done]
        if not left:
            return
        free = (key for key in left if claims.take_image(key))
        mine = list(itertools.islice(free, size))
        # One may have been finished, and given back, since the look.
        done = finished() if mine else ()
        given = [key for key in mine if key not in done]
        if given:
            yield given
            left = [key for key in left if key not in given]
        elif not mine:
            time.sleep(pause)
        for key in mine:
            claims.free_image(key)


def own_order(keys: Sequence[str], environ: Mapping[str, str] = os.environ) -> list[str]:
    """The keys from another one on in each task of a Slurm array, so that tasks seldom meet.

    Args:
        keys: Of all images that are left.
        environ: Of this process, with ``SLURM_ARRAY_TASK_ID`` and ``SLURM_ARRAY_TASK_COUNT``.
    """
    names = ('SLURM_ARRAY_TASK_ID', 'SLURM_ARRAY_TASK_COUNT', 'SLURM_ARRAY_TASK_MIN')
    task, count, first = (environ.get(name, '') for name in names)
    if not (task.isdecimal() and count.isdecimal() and int(count)):
        return list(keys)
    place = int(task) - (int(first) if first.isdecimal() else 0)
    begin = len(keys) * (place % int(count)) // int(count)
    return [*keys[begin:], *keys[:begin]]
