"""Checking all files of a set before anything is restored. Needs neither torch nor MMagic.

::

    found = validate(samples)
    for failed in found.failures:
        print(failed.line)
"""

from __future__ import annotations

import os
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmgenprior.datasets.array_io import ARRAY_SUFFIXES, read_arrays
from mmgenprior.ledger.failures import Failure, failure, listed_failures
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.image_io import check_image, check_mask_size, read_mask
from mmgenprior.utils.names import listed, printable

Sample = Mapping[str, Any]
# Checks a sample and returns what is to be said of it: (note, file).
Check = Callable[[Sample], Sequence[tuple[str, str]]]
# (height, width)
Size = tuple[int, int]
_PATH = '_path'
# The longest name of a file on the usual systems, and what a key gets behind it.
_LONGEST = 255 - len('.png')
_MOST_THREADS = 8


class BadInputsError(UserError):
    """Images of a run cannot be read or do not fit; nothing was restored."""


@dataclass(frozen=True)
class Findings:
    """What the check of a set found.

    Attributes:
        checked: How many samples were checked.
        failures: Of those that cannot be restored, in their order.
        notes: What is to be said of readable files → these files.
    """

    checked: int = 0
    failures: tuple[Failure, ...] = ()
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """The notes, one line for each."""
        for note, files in self.notes.items():
            yield f'note: {note}: {listed(list(files), 3)}'

    def refuse(self, say: Callable[[str], None]) -> None:
        """Name all failures, and end there.

        Args:
            say: Tells a line.

        Raises:
            BadInputsError: If there are any.
        """
        if not self.failures:
            return
        what = f'{len(self.failures)} of {self.checked} images cannot be restored'
        remedy = 'mend them or take them out, or leave them out by --on-error skip'
        if len(self.failures) == 1:
            raise BadInputsError(
                f'{self.failures[0].line} ({what.replace("images", "image", self.checked == 1)}: '
                f'{remedy.replace("them", "it")})'
            )
        for line in listed_failures(self.failures):
            say(line)
        raise BadInputsError(f'{what}: {remedy}')


def validate(
    samples: Sequence[Sample], check: Check | None = None, threads: int | None = None
) -> Findings:
    """Check every sample, in threads; a bar on the terminal where that takes long.

    Args:
        samples: Each with a ``key`` and ``<role>_path`` of its files.
        check: Raises a :class:`UserError` for a sample at fault; :func:`check_files` by default.
        threads: How many samples are checked at once; by default as many as there are cores.

    Returns:
        What was found, in the order of the samples.
    """
    check = check or check_files

    def one(sample: Sample) -> Failure | Sequence[tuple[str, str]]:
        try:
            return check(sample)
        except UserError as error:
            return failure(str(sample['key']), _file_of(sample), error)

    threads = threads or min(_MOST_THREADS, os.cpu_count() or 1)
    failures: list[Failure] = []
    notes: dict[str, list[str]] = {}
    with ThreadPoolExecutor(threads) as pool, _progress(len(samples)) as advance:
        for found in pool.map(one, samples):
            advance()
            if isinstance(found, Failure):
                failures.append(found)
                continue
            for note, file in found:
                notes.setdefault(note, []).append(printable(file))
    return Findings(len(samples), tuple(failures), notes)


def check_files(
    sample: Sample, mask_size: Size | None = None, invert_mask: bool = False
) -> list[tuple[str, str]]:
    """Decode every picture of a sample, and read every array.

    Args:
        sample: With ``key`` and ``<role>_path``.
        mask_size: What a mask must have; None where that is not known yet.
        invert_mask: As :func:`mmgenprior.utils.image_io.read_mask`.

    Returns:
        Notes of its files.

    Raises:
        UserError: If a file is missing, damaged, of another kind or size; or the key makes no
            name of a file.
    """
    check_key(str(sample['key']))
    notes = []
    for name, value in sample.items():
        if not name.endswith(_PATH) or not isinstance(value, str):
            continue
        if name == f'mask{_PATH}':
            continue
        if Path(value).suffix.lower() in ARRAY_SUFFIXES:
            if 'y' not in (arrays := read_arrays(value)):
                raise UserError(f"{printable(value)}: holds {sorted(arrays)}, but no array 'y'")
            continue
        header = check_image(value)
        notes += [(note, value) for note in header.notes]
    mask = sample.get(f'mask{_PATH}')
    if mask is not None:
        _check_mask(mask, mask_size, invert_mask)
    return notes


def _check_mask(mask: str, size: Size | None, invert: bool) -> None:
    found = read_mask(mask, invert).shape
    if size is not None:
        check_mask_size(mask, found, size, 'the image to restore')


def fitting(steps: Sequence[Any], wanted: Size | None) -> Check:
    """A check that sizes of a sample fit the pipeline and the generator.

    Args:
        steps: Transforms. One that has ``check_files(sample, size) -> size`` is asked: it raises a
            :class:`UserError` for files that it cannot load, and tells the size of the image to
            restore, None if it does not know. Others leave it unknown.
        wanted: Size of the images that the generator makes, or None.
    """

    def check(sample: Sample) -> Sequence[tuple[str, str]]:
        size = seen = None
        for step in steps:
            known = hasattr(step, 'check_files')
            size = step.check_files(sample, size) if known else None
            seen = size if known else seen
        if wanted and seen and tuple(seen) != tuple(wanted):
            raise UserError(
                f'{printable(_file_of(sample))}: the image to restore is {seen[1]}×{seen[0]}, the '
                f'generator makes {wanted[1]}×{wanted[0]}; resize or crop the photo, or choose '
                'another prior'
            )
        return ()

    return check


def check_key(key: str) -> None:
    """See that results of a sample can be saved under its key.

    Raises:
        UserError: If it is no text in UTF-8, leads out of a folder, or is too long.
    """
    shown = printable(key)
    try:
        parts = [part.encode() for part in key.split('/')]
    except UnicodeEncodeError:
        raise UserError(f'{shown}: its name is no text in UTF-8; rename it') from None
    if '\0' in key or not key or any(part in (b'', b'.', b'..') for part in parts):
        raise UserError(f'{shown!r} is no relative path that results could be saved under')
    if max(map(len, parts)) > _LONGEST:
        raise UserError(f'{shown}: its name is too long to save results under it; shorten it')


def _file_of(sample: Sample) -> str:
    paths = (v for name, v in sample.items() if name.endswith(_PATH) and isinstance(v, str))
    return next(paths, '')


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], object]]:
    """A bar on the terminal, nothing elsewhere; yields what counts one more."""
    if total < 100 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task('checking the images', total=total)
        yield lambda: bar.advance(task)


def refuse_clashes(keys: Iterable[str], folder: Path) -> None:
    """See that the work dir keeps keys apart that differ in capitals alone.

    Args:
        keys: Of all samples, no two the same.
        folder: Where results are saved; a file is made in it for a moment.

    Raises:
        UserError: Naming two keys, if the file system takes their files for one.
    """
    pair = equal_but_for_case(keys)
    if pair and not _tells_capitals_apart(folder):
        first, second = map(printable, pair)
        raise UserError(
            f"'{first}' and '{second}' differ in capitals alone, which '{folder}' does not tell "
            'apart: rename one, or give a --work-dir on another file system'
        )


def equal_but_for_case(keys: Iterable[str]) -> tuple[str, str] | None:
    """Two keys that differ in nothing but capitals, or in how Unicode writes a letter."""
    seen: dict[str, str] = {}
    for key in keys:
        other = seen.setdefault(unicodedata.normalize('NFC', key).casefold(), key)
        if other != key:
            return other, key
    return None


def _tells_capitals_apart(folder: Path) -> bool:
    with tempfile.NamedTemporaryFile(dir=folder, prefix='.mgp_capitals_') as file:
        return not Path(file.name).with_name(Path(file.name).name.swapcase()).exists()
