"""How coarse a JPEG file of a quality is, and which quality a file has."""

from __future__ import annotations

from collections.abc import Sequence

# JPEG standard (ITU-T T.81), tables K.1 and K.2, which libjpeg scales by the quality.
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *(((99,) * 8,) * 4),
)


def quality_table(quality: int, chrominance: bool = False) -> list[list[int]]:
    """Steps of the 8×8 coefficients as libjpeg has them for a quality, in grey levels."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    rows = _CHROMINANCE if chrominance else _LUMINANCE
    return [[min(max((step * scale + 50) // 100, 1), 255) for step in row] for row in rows]


def quality_of(table: Sequence[int]) -> int:
    """The quality whose table of luminance is nearest to one of a file.

    Args:
        table: The 64 steps, in any order.
    """
    steps = sorted(table)

    def distance(quality: int) -> int:
        own = sorted(step for row in quality_table(quality) for step in row)
        return sum(abs(a - b) for a, b in zip(own, steps))

    return min(range(1, 101), key=distance)
