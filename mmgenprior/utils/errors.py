"""Exceptions that a user can repair without reading our code, and what a command exits with."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What every command of the package exits with.

    Attributes:
        OK: All was done.
        ERROR: A config, file or setting is at fault; one line says which and how to mend it.
        USAGE: The arguments are at fault, as argparse says.
        PARTIAL: Some images could not be restored; they are listed, all others were.
        INTERRUPTED: By Ctrl-C (SIGINT).
        TERMINATED: By SIGTERM.
    """

    OK = 0
    ERROR = 1
    USAGE = 2
    PARTIAL = 3
    INTERRUPTED = 130
    TERMINATED = 143


class UserError(Exception):
    """A config, checkpoint or data file is at fault, and the message says which and how to mend it.

    Raise it with one clear line (file or key, what is wrong, what to do). The
    command-line tools print that line and exit with status 1 instead of a
    traceback; see :mod:`mmgenprior.utils.cli`. It takes one string, so that it
    survives the trip out of a data-loader worker.
    """


class CheckpointError(UserError):
    """A weight file that is missing, damaged, unsafe, does not fit or cannot be written."""
