"""Exceptions that a user can repair without reading our code, and how a command tells its end."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of every command.

    Attributes:
        OK: Everything was done.
        ERROR: A user's error, told in one line; also any other error, with its traceback.
        USAGE: The arguments or the config are at fault (argparse's own number).
        PARTIAL: The work ended, and some of its images failed.
        INTERRUPTED: Ctrl-C (128 + SIGINT, as a shell tells it).
        TERMINATED: Ended from outside (128 + SIGTERM).
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
    commands print that line and exit with its ``exit_code`` instead of a
    traceback; see :mod:`mmgenprior.cli`. It takes one string, so that it
    survives the trip out of a data-loader worker.

    Attributes:
        exit_code: What the command exits with.
    """

    exit_code = ExitCode.ERROR


class ConfigError(UserError):
    """A config, or an argument that says what to do, is at fault: ``ExitCode.USAGE``."""

    exit_code = ExitCode.USAGE


class CheckpointError(UserError):
    """A weight file that is missing, damaged, unsafe, does not fit or cannot be written."""
