"""Mistakes of a caller, told in one line before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mmgenprior.utils.errors import ConfigError
from mmgenprior.utils.names import listed, nearest


class ArgumentError(ConfigError, TypeError):
    """A call that cannot work: an argument or a name that is unknown, a picture that is none."""


def refuse_unknown(unknown: Mapping[str, Any], known: Iterable[str]) -> None:
    """See that there are no arguments but the known ones.

    Raises:
        ArgumentError: Naming the nearest one.
    """
    for name in unknown:
        hint = nearest(name, known) or f'; there are {", ".join(known)}'
        raise ArgumentError(f"there is no argument '{name}'{hint}")


def check_name(what: str, name: str, known: Iterable[str]) -> None:
    """See that a name is one of those known.

    Raises:
        ArgumentError: Naming the nearest one.
    """
    known = list(known)
    if name not in known:
        hint = nearest(str(name), known) or f'; there are {listed(known)}'
        raise ArgumentError(f"there is no {what} '{name}'{hint}")


def check_device(device: str) -> None:
    """See that a device has a name as torch gives them; whether it is there is found later.

    Raises:
        ArgumentError: If it has not.
    """
    kind, _, number = str(device).partition(':')
    if kind not in ('auto', 'cpu', 'cuda', 'mps') or (number and not number.isdigit()):
        raise ArgumentError(f"device '{device}' is none of auto, cpu, cuda, cuda:1, mps")


def check_seed(seed: int) -> None:
    """See that a seed is a whole number that is not negative.

    Raises:
        ArgumentError: If it is not.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ArgumentError(f'seed={seed!r} must be a whole number from 0')
