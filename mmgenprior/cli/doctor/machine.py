"""Memory, disk, and the variables that name folders."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from mmgenprior.cli.doctor.findings import BAD, GOOD, NOTE, Finding

_AREA = 'machine'
_LITTLE_MEMORY = 2e9
_LITTLE_DISK = 1e9
_NO_DISK = 1e7
_FOLDERS = ('MGP_DATA_ROOT', 'MGP_PRIOR_ROOT')
_FILES = ('MGP_CATALOGUE', 'MGP_PHI_CHECKPOINT')


def look_at_machine(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """What is free, and whether variables of ours name something that is there."""
    yield _memory()
    yield _disk('current folder', Path.cwd(), 'work dirs are made in it')
    cache = environ.get('MGP_PRIOR_ROOT') or '~/.cache/mmgenprior'
    yield _disk(
        'folder of weights', Path(os.path.expanduser(cache)), 'MGP_PRIOR_ROOT names another'
    )
    for name in (*_FOLDERS, *_FILES):
        value = environ.get(name)
        if not value:
            continue
        path = Path(os.path.expanduser(value))
        there = path.is_file() if name in _FILES else path.is_dir()
        what = 'file' if name in _FILES else 'folder'
        # That of weights is made at the first download.
        status = GOOD if there else NOTE if name == 'MGP_PRIOR_ROOT' else BAD
        fix = '' if there else f'set it to a {what} that exists, or unset it'
        yield Finding(_AREA, name, status, value if there else f"there is no {what} '{value}'", fix)


def available_memory() -> int | None:
    """Bytes that a process may still take, None where the system does not tell."""
    found = []
    try:
        for line in Path('/proc/meminfo').read_text().splitlines():
            if line.startswith('MemAvailable:'):
                found.append(int(line.split()[1]) * 1024)
        limit = Path('/sys/fs/cgroup/memory.max').read_text().strip()
        if limit.isdecimal():
            used = int(Path('/sys/fs/cgroup/memory.current').read_text())
            found.append(max(int(limit) - used, 0))
    except (OSError, ValueError):  # another system
        pass
    if found:
        return min(found)
    try:
        return os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    except (AttributeError, ValueError, OSError):
        return None


def _memory() -> Finding:
    free = available_memory()
    if free is None:
        return Finding(_AREA, 'memory', NOTE, 'the system does not tell')
    said = f'{free / 1e9:.1f} GB can be taken'
    if free < _LITTLE_MEMORY:
        fix = 'close other programs, or restore small pictures (64×64 need about 1 GB)'
        return Finding(_AREA, 'memory', NOTE, said, fix)
    return Finding(_AREA, 'memory', GOOD, said)


def _disk(name: str, folder: Path, why: str) -> Finding:
    there = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    try:
        free = shutil.disk_usage(there).free
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        said = f"'{folder}' cannot be written to ({error.strerror or error}); {why}"
        return Finding(_AREA, name, BAD, said, 'choose a folder of your own')
    said = f'{free / 1e9:.1f} GB free in {folder}'
    if free < _LITTLE_DISK:
        return Finding(_AREA, name, BAD if free < _NO_DISK else NOTE, said, 'make room')
    return Finding(_AREA, name, GOOD, said)
