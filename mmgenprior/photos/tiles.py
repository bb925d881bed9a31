"""A picture as overlapping squares, and back: for a prior that is shown no faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmgenprior.photos.placement import Placement
from mmgenprior.photos.values import Array, checked, to_dtype, to_float
from mmgenprior.utils.errors import UserError


@dataclass(frozen=True)
class Tiles:
    """Overlapping squares that cover a picture, row by row.

    Attributes:
        shape: Height and width of the picture.
        placements: One a square; all of one size, upright, on whole pixels.
        overlap: Pixels that neighbours share at least.
    """

    shape: tuple[int, int]
    placements: tuple[Placement, ...]
    overlap: int

    def cut(self, picture: Array) -> list[Array]:
        """The squares of a picture or mask, see :meth:`Placement.cut`."""
        return [placement.cut(picture) for placement in self.placements]

    def join(self, pictures: Sequence[Array], dtype: np.dtype | None = None) -> Array:
        """The picture that the squares make, faded into each other where they overlap.

        Args:
            pictures: One a square, size×size×C or size×size, in their order.
            dtype: Of the result; floats in [0, 1] where left out.

        Returns:
            H×W(×C). The weights sum to 1, so squares that agree are returned as they are.
        """
        if len(pictures) != len(self.placements):
            raise UserError(f'{len(pictures)} pictures for {len(self.placements)} squares')
        first = to_float(pictures[0])
        total = np.zeros(self.shape + first.shape[2:], np.float64)
        weights = np.zeros(self.shape + (1,) * (first.ndim - 2), np.float64)
        for placement, picture in zip(self.placements, pictures):
            (rows, columns), spread = placement.spread(picture, self.shape)
            side = round(placement.side)
            ramp = np.minimum(np.arange(side) + 1, side - np.arange(side))
            ramp = np.minimum(ramp / (self.overlap + 1), 1.0)
            weight = np.outer(ramp, ramp)[: spread.shape[0], : spread.shape[1]]
            weight = weight.reshape(weight.shape + (1,) * (first.ndim - 2))
            total[rows, columns] += weight * spread
            weights[rows, columns] += weight
        result = total / weights
        return result.astype(first.dtype) if dtype is None else to_dtype(result, np.dtype(dtype))


def tiles(picture: Array, size: int, overlap: int | None = None) -> Tiles:
    """Squares of a prior's size, pixel for pixel, that cover a picture.

    Args:
        picture: H×W×C or H×W; smaller than a square in one direction, it is mirrored there.
        size: Side of the prior's pictures.
        overlap: Pixels that neighbours share at least, below ``size``; a quarter of it if left out.

    Raises:
        UserError: If the overlap is not below the size, or negative.
    """
    height, width = checked(picture).shape[:2]
    overlap = size // 4 if overlap is None else overlap
    if not 0 <= overlap < size:
        raise UserError(f'tiles of {size} pixels cannot overlap by {overlap}: give 0 to {size - 1}')

    def starts(length: int) -> list[int]:
        if length <= size:
            return [0]
        count = -(-(length - overlap) // (size - overlap))
        return [round(i * (length - size) / (count - 1)) for i in range(count)]

    placements = tuple(
        Placement((left + size / 2, top + size / 2), size, 0.0, size)
        for top in starts(height)
        for left in starts(width)
    )
    return Tiles((height, width), placements, overlap)
