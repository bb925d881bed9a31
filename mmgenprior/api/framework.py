"""The one place where the front door imports torch and MMagic."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator


def load_framework() -> None:
    """Register every component; of MMagic only what is asked for is imported, and nothing said."""
    from mmgenprior.stock import import_on_demand

    import_on_demand()
    with warnings.catch_warnings():
        # A library's own affair, said of its every function by torch.
        warnings.filterwarnings('ignore', '`torch.jit.script` is deprecated', FutureWarning)
        import mmgenprior.components  # noqa: F401


@contextlib.contextmanager
def quiet_framework(level: int = logging.WARNING) -> Iterator[None]:
    """Without what MMEngine logs below a level.

    Not by ``logging.disable()``: MMEngine's loggers keep what they found enabled in an earlier run.
    """
    from mmengine.logging import MMLogger

    logger = MMLogger.get_current_instance()
    before = logger.level
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)
