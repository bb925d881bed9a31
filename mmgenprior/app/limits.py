"""What one visitor may ask of the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of a page.

    Attributes:
        megabytes: Of an uploaded file.
        megapixels: Of a photo, and of its result.
        waiting: How many searches may wait behind the one that runs.
        seconds: Of one search.
        idle: Seconds after which a session is forgotten whose browser is silent.
        samples: Draws of one search.
    """

    megabytes: int = 20
    megapixels: int = 16
    waiting: int = 8
    seconds: int = 900
    idle: int = 3600
    samples: int = 6

    @property
    def file_bytes(self) -> int:
        """Of an uploaded file."""
        return self.megabytes * 1_000_000

    @property
    def pixels(self) -> int:
        """Of a photo, and of its result."""
        return self.megapixels * 1_000_000
