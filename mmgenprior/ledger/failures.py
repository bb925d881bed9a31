"""Images that a run could not restore: ``errors.csv`` in its work dir."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from mmgenprior.utils.errors import ExitCode, UserError
from mmgenprior.utils.files import write_atomically
from mmgenprior.utils.names import printable

FILE = 'errors.csv'
_COLUMNS = ['key', 'file', 'error']
_MOST_LINES = 20


@dataclass(frozen=True)
class Failure:
    """An image that cannot be restored.

    Attributes:
        key: Of the sample.
        file: Path of the file at fault, or of the sample's first one.
        error: One line that says why.
    """

    key: str
    file: str
    error: str

    @property
    def line(self) -> str:
        """The error, which names a file, or the key before it."""
        named = any(name and name in self.error for name in (self.file, self.key))
        return self.error if named else f'{self.key}: {self.error}'


def failure(key: str, file: str, error: BaseException) -> Failure:
    """Of what reading or restoring a sample raised, in visible characters."""
    text = printable(' '.join(str(error).split())) or type(error).__name__
    return Failure(printable(key), printable(file), text)


class SomeFailedError(UserError):
    """A run ended, and some of its images failed."""

    exit_code = ExitCode.PARTIAL


def write_failures(work_dir: Path, failures: Sequence[Failure]) -> None:
    """Write ``errors.csv``, or remove that of an earlier run where there are none."""
    path = work_dir / FILE
    if not failures:
        path.unlink(missing_ok=True)
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(_COLUMNS)
    writer.writerows(astuple(failed) for failed in failures)
    write_atomically(path, text.getvalue().encode())


def read_failures(work_dir: Path) -> list[Failure]:
    """What ``errors.csv`` lists; nothing where there is no such file, or it is none of ours."""
    try:
        with open(work_dir / FILE, newline='', encoding='utf-8') as file:
            rows = list(csv.reader(file))
    except (OSError, ValueError, csv.Error):
        return []
    if not rows or rows[0] != _COLUMNS:
        return []
    return [Failure(*row) for row in rows[1:] if len(row) == len(_COLUMNS)]


def listed_failures(failures: Sequence[Failure]) -> Iterable[str]:
    """Lines for the console: the first failures, and how many there are besides."""
    for failed in failures[:_MOST_LINES]:
        yield f'  {failed.line}'
    if len(failures) > _MOST_LINES:
        yield f'  and {len(failures) - _MOST_LINES} more'
