"""Exceptions that a user can repair without reading our code."""

from __future__ import annotations


class UserError(Exception):
    """A config, checkpoint or data file is at fault, and the message says which and how to mend it.

    Raise it with one clear line (file or key, what is wrong, what to do). The
    command-line tools print that line and exit with status 1 instead of a
    traceback; see :mod:`mmgenprior.utils.cli`. It takes one string, so that it
    survives the trip out of a data-loader worker.
    """


class CheckpointError(UserError):
    """A weight file that is missing, damaged, unsafe, does not fit or cannot be written."""
