"""Numbers that a config may give: type hints that say between which limits.

``iterations: PositiveInt`` is an ``int`` to Python; a config is checked against the hint before
anything is imported (:mod:`mmgenprior.cli.checking`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True)
class Limit:
    """Limits of a number.

    Attributes:
        least: It is this or more.
        above: It is more than this.
    """

    least: float | None = None
    above: float | None = None


PositiveInt = Annotated[int, Limit(least=1)]
NonNegativeInt = Annotated[int, Limit(least=0)]
PositiveFloat = Annotated[float, Limit(above=0)]
NonNegativeFloat = Annotated[float, Limit(least=0)]
