"""Arrays by number in a file that all processes share, made when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike


class StoredArrays:
    """Arrays of one shape in a sparse file; what was made once is a copy away for everyone.

    Processes need no lock: an array is a function of its number, so two that make the same one
    write the same bytes, and its mark follows its numbers.

    Args:
        folder: Where the file is kept; made if it is missing.
        name: Name of the file, of everything that the arrays depend on but their number.
        shape: Shape of one array.
        dtype: Its type.
        length: How many there are.
        make: Makes the array of a number.
    """

    def __init__(
        self,
        folder: str,
        name: str,
        shape: tuple[int, ...],
        dtype: DTypeLike,
        length: int,
        make: Callable[[int], np.ndarray],
    ) -> None:
        self._fields = np.dtype([('array', dtype, shape), ('ready', np.bool_)])
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._path = Path(folder) / f'{name}_{length}.dat'
        self._length, self._make = length, make
        self._records: np.ndarray | None = None
        with open(self._path, 'ab') as file:
            file.truncate(length * self._fields.itemsize)

    def __getitem__(self, number: int | Sequence[int]) -> np.ndarray:
        """A copy of the array of a number, or of the arrays of several, stacked."""
        if self._records is None:
            # On first use, so that every worker maps the file itself.
            self._records = np.memmap(self._path, self._fields, 'r+', shape=(self._length,))
        numbers = np.atleast_1d(number)
        for missing in numbers[~self._records['ready'][numbers]]:
            record = self._records[missing]
            record['array'] = self._make(int(missing))
            record['ready'] = True
        return np.array(self._records['array'][number])
