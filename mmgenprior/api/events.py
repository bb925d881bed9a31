"""What a restoration tells while it runs, and how it is stopped."""

from __future__ import annotations


class Cancelled(Exception):
    """Raised by a ``callback`` to stop a restoration; :func:`mmgenprior.restore` lets it through.

    Nothing is kept of a restoration that was stopped.
    """
