"""How glibc keeps the memory that a search gives back at every step."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping

# Numbers of the parameters in malloc.h, the variables by which a user sets them, and the names in
# GLIBC_TUNABLES.
_PARAMETERS = {
    -1: ('MALLOC_TRIM_THRESHOLD_', 'glibc.malloc.trim_threshold'),
    -3: ('MALLOC_MMAP_THRESHOLD_', 'glibc.malloc.mmap_threshold'),
}
# The largest that an int takes, and half an arena, which older releases do not let one pass.
_SIZES = (2**31 - 1, 32 * 2**20)


def keep_freed_memory(environ: Mapping[str, str] = os.environ) -> bool:
    """Have glibc keep freed memory for the next step instead of giving it back to the system.

    Every step of a search allocates the same maps again. By default glibc takes large ones from
    the system and returns them when they are freed, and the kernel clears every page again. It
    sets ``M_TRIM_THRESHOLD`` and ``M_MMAP_THRESHOLD`` of ``mallopt``, for this process and those
    that it forks. The commands call it; a program of your own may, before it computes. Values
    that are computed do not change.

    Args:
        environ: Where a threshold that the user has set himself is looked up; it is left alone.

    Returns:
        Whether a threshold was set: False on systems without glibc, and where both are the
        user's.
    """
    tunables = environ.get('GLIBC_TUNABLES', '')
    wanted = [
        number
        for number, (variable, tunable) in _PARAMETERS.items()
        if variable not in environ and tunable not in tunables
    ]
    mallopt = _mallopt() if wanted else None
    if mallopt is None:
        return False
    done = [any(mallopt(number, size) for size in _SIZES) for number in wanted]
    return any(done)


def _mallopt() -> Callable[[int, int], int] | None:
    """The function of the C library, or None off glibc, where it is absent or means another."""
    try:
        name = os.confstr('CS_GNU_LIBC_VERSION')
    except (AttributeError, ValueError, OSError):  # Windows; macOS and musl; an odd system
        return None
    if not name or not name.startswith('glibc'):
        return None
    try:
        function = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # a static Python
        return None
    function.argtypes = (ctypes.c_int, ctypes.c_int)
    function.restype = ctypes.c_int
    return function
