"""From the arguments of a command to its exit status."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Callable

from mmgenprior.cli.explain import exit_code, explain
from mmgenprior.cli.launch import free_threads
from mmgenprior.cli.ranks import leave_to_launcher
from mmgenprior.stock import import_on_demand
from mmgenprior.utils.errors import ExitCode
from mmgenprior.utils.memory import keep_freed_memory
from mmgenprior.utils.signals import Terminated, interruption_behind, raise_on_termination


def prepare_process() -> None:
    """What every process of ours does before it imports anything heavy."""
    free_threads()  # the number is read once, when the first library that has threads is loaded
    keep_freed_memory()
    import_on_demand()
    # A library's own affair, said of its every function by torch.
    warnings.filterwarnings('ignore', '`torch.jit.script` is deprecated', FutureWarning)
    # What is odd in a picture is told in our words, where it matters.
    warnings.filterwarnings('ignore', module='PIL')
    # A log that cannot be written is no traceback on the console: results tell the disk.
    logging.raiseExceptions = False


def run(work: Callable[[argparse.Namespace], None], args: argparse.Namespace) -> ExitCode:
    """Do the work and turn a user's error into one line.

    Args:
        work: What the command does, given the parsed arguments.
        args: With ``debug``; ``local_rank`` is passed on to torch where it is given.

    Returns:
        The status to exit with.

    Raises:
        Exception: Any error that is not a user's, and every one with ``--debug``.
    """
    os.environ.setdefault('LOCAL_RANK', str(getattr(args, 'local_rank', 0)))
    try:
        raise_on_termination()
        prepare_process()
        work(args)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, e.g. `head`, has seen enough; Python would complain again when it closes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.ERROR
    except (KeyboardInterrupt, Terminated) as error:
        return _ended_by(error)
    except Exception as error:
        line = explain(error)
        ended = interruption_behind(error)
        if line is None and ended is not None:
            return _ended_by(ended)
        if line is None or args.debug or os.environ.get('MGP_DEBUG', '0') not in ('', '0'):
            raise
        if not leave_to_launcher(line, exit_code(error)):
            print(f'error: {line}', file=sys.stderr)
        return exit_code(error)
    return ExitCode.OK


def _ended_by(error: BaseException) -> ExitCode:
    return ExitCode.TERMINATED if isinstance(error, Terminated) else ExitCode.INTERRUPTED
