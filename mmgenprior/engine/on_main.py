"""What one process does for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mmengine.dist import broadcast_object_list, is_main_process

from mmgenprior.utils.errors import UserError

T = TypeVar('T')


def on_main(work: Callable[[], T]) -> T:
    """Do it in the first process; every process gets the result, or the error.

    Args:
        work: Called in the first process alone; its result must be small and picklable.

    Raises:
        UserError: As the work does, in every process.
        RuntimeError: In the others, for any other error of the first.
    """
    told: list = [None, None]
    cause: Exception | None = None
    if is_main_process():
        try:
            told[0] = work()
        except Exception as error:  # the others wait for a word
            cause = error
            known = isinstance(error, UserError)
            told[1] = error if known else RuntimeError(f'the first process failed: {error}')
    broadcast_object_list(told, src=0)
    if cause is not None:
        raise cause
    if told[1] is not None:
        raise told[1]
    return told[0]
