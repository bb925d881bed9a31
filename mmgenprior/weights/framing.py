"""Where a face lies in a prior's square, as the pictures that it was trained on were cropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Point = tuple[float, float]
NONE = 'none'


@dataclass(frozen=True)
class Framing:
    """How faces lie in a prior's pictures, in fractions of their side from the upper left corner.

    Attributes:
        about: One line on it; ``'none'`` where the prior draws no faces.
        eyes: Centres (x, y) of the eye on the left and of the one on the right of the picture;
            None where the prior draws no faces.
        mouth: Centre (x, y) of the mouth, midway between its corners; None where unknown.
        upright: Whether the training pictures were turned until the eyes were level.
    """

    about: str = NONE
    eyes: tuple[Point, Point] | None = None
    mouth: Point | None = None
    upright: bool = True

    @property
    def draws_faces(self) -> bool:
        """Whether a face of a photo can be put where this prior expects one."""
        return self.eyes is not None

    def __str__(self) -> str:
        return self.about

    @classmethod
    def read(cls, value: Any) -> Framing:
        """The framing that a catalogue gives.

        Args:
            value: A line of text, for a prior without faces; else a mapping of the attributes.

        Raises:
            ValueError: If it is neither, saying what is expected.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, str) and value.strip():
            return cls(value)
        if not isinstance(value, Mapping) or set(value) - {'about', 'eyes', 'mouth', 'upright'}:
            raise ValueError("a line of text, or 'about', 'eyes', 'mouth' and 'upright'")
        about, eyes, mouth = value.get('about'), value.get('eyes'), value.get('mouth')
        if not isinstance(about, str) or not about.strip():
            raise ValueError("given with a line of text in 'about'")
        pair = isinstance(eyes, list | tuple) and len(eyes) == 2 and all(map(_is_point, eyes))
        if not pair or not eyes[0][0] < eyes[1][0]:
            raise ValueError("given with two points in 'eyes', [[x, y], [x, y]], left one first")
        if mouth is not None and not _is_point(mouth):
            raise ValueError("given with a point in 'mouth', [x, y] in fractions of the side")
        if not isinstance(value.get('upright', True), bool):
            raise ValueError("given with true or false in 'upright'")
        left, right = (_point(eye) for eye in eyes)
        centre = None if mouth is None else _point(mouth)
        return cls(about, (left, right), centre, value.get('upright', True))


def _is_point(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(type(x) in (int, float) and 0 <= x <= 1 for x in value)
    )


def _point(value: Any) -> Point:
    x, y = value
    return float(x), float(y)
