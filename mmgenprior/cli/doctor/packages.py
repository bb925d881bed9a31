"""Python, packages and extras: what is in place, by its metadata alone."""

from __future__ import annotations

import importlib.metadata as metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import mmgenprior
from mmgenprior.cli.doctor.findings import BAD, GOOD, NOTE, Finding
from mmgenprior.requirements import MMCV, PYTHON, needed

_AREA = 'packages'
_EXTRAS = 'extras'


def look_at_packages() -> Iterator[Finding]:
    """Python, and every package that setup.py requires, against its range."""
    yield _python()
    yield Finding(_AREA, 'mmgenprior', GOOD, f'{mmgenprior.__version__} in {_folder()}')
    found = installed()
    for name, versions in needed(found, 'full').items():
        yield _package(name, versions, found.get(name))
    yield _mmcv(found)


def installed() -> dict[str, str]:
    """Name, in lower case with hyphens, → version of every package."""
    found = {}
    for distribution in metadata.distributions():
        try:
            name, version = distribution.metadata['Name'], distribution.version
        except Exception:  # half of a package that somebody removed
            continue
        if name and version:
            found.setdefault(re.sub('[-_.]+', '-', name).lower(), version)
    return found


def _folder() -> Path:
    return Path(mmgenprior.__file__).resolve().parent


def _python() -> Finding:
    version = '.'.join(map(str, sys.version_info[:3]))
    first, last = PYTHON
    said = f'{version}, {sys.executable}'
    if sys.version_info[:2] < first:
        return Finding(_AREA, 'Python', BAD, said, f'install Python {first[0]}.{first[1]} or later')
    if sys.version_info[:2] > last:
        said += f'; later than {last[0]}.{last[1]}, the last that is tested'
        return Finding(_AREA, 'Python', NOTE, said)
    return Finding(_AREA, 'Python', GOOD, said)


def fits(version: str, versions: str) -> bool:
    """Whether a version lies in a range; True where there is nothing to compare it with."""
    try:
        from packaging.specifiers import SpecifierSet
        from packaging.version import Version
    except ImportError:
        return True
    try:
        return SpecifierSet(versions).contains(Version(version), prereleases=True)
    except ValueError:  # a version of somebody's own
        return True


def _package(name: str, versions: str, version: str | None) -> Finding:
    fix = f"pip install '{name}{versions}'"
    if version is None:
        return Finding(_AREA, name, BAD, 'is not installed', fix)
    if not fits(version, versions):
        return Finding(_AREA, name, BAD, f'{version}, needed is {versions}', fix)
    return Finding(_AREA, name, GOOD, f'{version}{f" ({versions})" if versions else ""}')


def _mmcv(found: dict[str, str]) -> Finding:
    full, lite = found.get('mmcv'), found.get('mmcv-lite')
    if full and lite:
        said = f'mmcv {full} and mmcv-lite {lite} lie over one another'
        fix = f"pip uninstall -y mmcv mmcv-lite, then pip install 'mmcv-lite{MMCV}'"
        return Finding(_AREA, 'mmcv', BAD, said, fix)
    if full:
        return _package('mmcv', MMCV, full)
    return _package('mmcv-lite', MMCV, lite)


def look_at_extras() -> Iterator[Finding]:
    """What only some people need."""
    found = installed()
    for extra, wanted in sorted(_extras().items()):
        if extra == 'old-torch':  # takes the place of what is required
            continue
        missing = [
            text
            for text, name, versions in map(_split, wanted)
            if name not in found or not fits(found[name], versions)
        ]
        if not missing:
            yield Finding(_EXTRAS, extra, GOOD, 'installed')
            continue
        said = f'without {", ".join(missing)}'
        yield Finding(_EXTRAS, extra, NOTE, said, f"pip install 'mmgenprior[{extra}]'")


def _split(requirement: str) -> tuple[str, str, str]:
    """The requirement, its name, its range."""
    text = requirement.partition(';')[0].strip().replace(' ', '')
    name = re.match(r'[A-Za-z0-9._-]+', text)[0]
    versions = re.sub(r'[()]|\[.*?\]', '', text[len(name) :])
    return text, re.sub('[-_.]+', '-', name).lower(), versions


def _extras() -> dict[str, list[str]]:
    """Name → requirements: of the clone where this is one, else of the installed package."""
    project = _folder().parent / 'pyproject.toml'
    if project.is_file() and sys.version_info >= (3, 11):
        import tomllib

        content = tomllib.loads(project.read_text(encoding='utf-8'))
        return content['project'].get('optional-dependencies', {})
    try:
        requires = metadata.requires('mmgenprior') or []
    except metadata.PackageNotFoundError:
        return {}
    extras: dict[str, list[str]] = {}
    for requirement in requires:
        named = re.search(r'extra\s*==\s*[\'"]([^\'"]+)', requirement)
        if named:
            extras.setdefault(named[1], []).append(requirement)
    return extras
