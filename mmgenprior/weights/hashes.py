"""SHA-256 of files and bytes, whole or by its first digits."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_CHUNK = 1 << 20


def is_hash_prefix(text: str) -> bool:
    """Whether a text is 8 to 64 hexadecimal digits: fewer would prove little."""
    return re.fullmatch(r'[0-9a-fA-F]{8,64}', text) is not None


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_of(content: bytes) -> str:
    """SHA-256 of bytes in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def matches(sha256: str, expected: str) -> bool:
    """Whether a SHA-256 begins with the expected digits, whatever their case."""
    return sha256.startswith(expected.lower())
