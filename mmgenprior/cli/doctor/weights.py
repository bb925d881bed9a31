"""Weights that lie on this machine, against their hashes."""

from __future__ import annotations

from collections.abc import Iterator

from mmgenprior.cli.doctor.findings import BAD, GOOD, NOTE, Finding

_AREA = 'weights'


def look_at_weights() -> Iterator[Finding]:
    """Every prior of the catalogue whose file is here."""
    from mmgenprior.weights.catalogue import catalogue
    from mmgenprior.weights.hashes import file_sha256, matches
    from mmgenprior.weights.resolve import cache_dir

    folder, absent, good = cache_dir(), 0, []
    for entry in catalogue().values():
        file = entry.local or folder / entry.file_name
        if not file.is_file():
            absent += 1
            if entry.local is not None:
                fix = 'install the package again'
                yield Finding(_AREA, entry.name, BAD, f"its file '{file}' is missing", fix)
            continue
        found = file_sha256(file)
        if matches(found, entry.sha256):
            good.append(entry.name)
            continue
        said = f"'{file}' is not the file of the catalogue: its SHA-256 begins with {found[:8]}"
        fix = (
            'install the package again'
            if entry.local
            else f'mmgenprior download --force {entry.name}'
        )
        yield Finding(_AREA, entry.name, BAD, said, fix)
    if good:
        yield Finding(_AREA, ', '.join(good), GOOD, 'here, with the right SHA-256')
    if absent:
        said = f'{absent} more can be fetched into {folder}'
        yield Finding(_AREA, 'catalogue', GOOD, said)
    parts = sorted(folder.glob('*.part')) if folder.is_dir() else []
    for part in parts:
        said = f'{part.stat().st_size / 1e6:.0f} MB of a download that was interrupted'
        yield Finding(_AREA, part.name, NOTE, said, 'the same download goes on; or delete it')
