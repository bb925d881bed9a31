"""Lines for the log file of a run alone; the console has its bar."""

from __future__ import annotations

import logging

from mmengine.logging import MMLogger, print_log


def say(line: str) -> None:
    """Print a line, and write it to the log file."""
    print_log(line, logger='current', level=logging.WARNING)


def note(line: str) -> None:
    """Write a line to the log file, whatever its level, and flush it."""
    logger = MMLogger.get_current_instance()
    record = logger.makeRecord(logger.name, logging.INFO, '', 0, line, (), None)
    for handler in logger.handlers:
        if isinstance(handler, logging.FileHandler):
            handler.emit(record)
