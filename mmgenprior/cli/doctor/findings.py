"""What the doctor finds, one line for each thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

GOOD, NOTE, BAD = 'ok', 'note', 'bad'
_SIGNS = {GOOD: '✓', NOTE: '·', BAD: '✗'}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        area: Heading that it belongs under.
        name: What was looked at.
        status: :data:`GOOD`; :data:`NOTE`, where something is missing that not everybody needs; or
            :data:`BAD`, where what this package is for will not work.
        said: What was found, and what will not work.
        fix: What to do about it, or nothing.
    """

    area: str
    name: str
    status: str
    said: str
    fix: str = ''

    @property
    def line(self) -> str:
        """For the console."""
        fix = f' → {self.fix}' if self.fix else ''
        return f'{_SIGNS[self.status]} {self.name}: {self.said}{fix}'


def examined(area: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What a look finds; a look that fails is a finding too."""
    try:
        yield from look()
    except Exception as error:
        reason = ' '.join(str(error).split())[:300]
        said = f'cannot be looked at: {type(error).__name__}: {reason}'
        yield Finding(area, area, BAD, said, 'see the packages above')
