"""Starts the processes of a run as ``torchrun`` does, and tells in one line of one that failed.

``tools/dist_test.sh`` and ``tools/dist_train.sh`` call it with the arguments of ``torchrun``, whose
agent does the work; of a failure that would print some fifty lines.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence

from mmgenprior.utils.errors import ExitCode

# Set by the launcher: its processes leave the telling of errors to it.
TOLD_BY_LAUNCHER = 'MGP_TOLD_BY_LAUNCHER'
# Where the agent expects the error of a process.
_ERROR_FILE = 'TORCHELASTIC_ERROR_FILE'
# What the others end with when the agent stops them.
_STOPPED = (ExitCode.INTERRUPTED, ExitCode.TERMINATED, -signal.SIGTERM)
LOST_OTHERS = 'another process of this run has ended'


def main(argv: Sequence[str] | None = None) -> int:
    """Run the processes to their end.

    Args:
        argv: Arguments of ``torchrun``; None for those of this process.

    Returns:
        0, or the status of the process that failed first; 128 + the number of a signal.
    """
    os.environ[TOLD_BY_LAUNCHER] = '1'
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import parse_args, run

    logging.getLogger('torch.distributed.elastic').setLevel(logging.CRITICAL)
    try:
        run(parse_args(argv))
    except ChildFailedError as error:
        line, status = _first(error.failures)
        print(f'error: {line}', file=sys.stderr, flush=True)
        return status
    except SignalException as error:  # its processes have said what is done
        return 128 + error.sigval
    return 0


def leave_to_launcher(line: str, status: int, environ: os._Environ = os.environ) -> bool:
    """Give the one line of an error to the launcher; False where it is to be printed here.

    Args:
        line: What a user should read.
        status: What this process exits with.
        environ: Of this process.
    """
    path = environ.get(_ERROR_FILE)
    if not (path and environ.get(TOLD_BY_LAUNCHER)):
        return False
    extra = dict(timestamp=str(int(time.time())))
    content = dict(message=dict(message=line, errorCode=status, extraInfo=extra))
    try:
        with open(path, 'w') as file:
            json.dump(content, file)
    except OSError:
        return False
    return True


def _first(failures: dict) -> tuple[str, int]:
    """What to say of the process whose end was the cause, and the status of that."""

    def is_no_cause(item: tuple) -> tuple:
        failure = item[1]
        return (failure.exitcode in _STOPPED, LOST_OTHERS in _message(failure))

    # In the order in which they were seen to have ended.
    rank, failure = min(failures.items(), key=is_no_cause)
    who = f'process {failure.pid} (rank {rank})'
    goes_on = 'what is finished is kept, and the same command goes on'
    if failure.exitcode < 0:
        name = signal.Signals(-failure.exitcode).name
        return f'{who} was ended by {name}; {goes_on}', 128 - failure.exitcode
    told = _message(failure)
    return told or f'{who} ended with status {failure.exitcode}; {goes_on}', failure.exitcode


def _message(failure: object) -> str:
    """What the process has told; nothing if it did not come to it."""
    message = failure.error_file_data.get('message')
    return message.get('message', '') if isinstance(message, dict) else ''
