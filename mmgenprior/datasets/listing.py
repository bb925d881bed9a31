"""Which samples a folder of pictures holds. Needs neither torch nor MMagic."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmgenprior.datasets.image_io import IMAGE_SUFFIXES
from mmgenprior.utils.errors import ConfigError, UserError
from mmgenprior.utils.names import printable

Sample = dict[str, Any]


def natural_key(text: str) -> list[tuple[int, int | str]]:
    """Sort key that puts ``photo2`` before ``photo10``."""
    parts = re.split(r'([0-9]+)', text.lower())
    return [(0, int(p)) if p.isdecimal() else (1, p) for p in parts if p] + [(2, text)]


@dataclass(frozen=True)
class Listing:
    """What is looked for, and where; see :class:`mmgenprior.datasets.RestorationDataset`.

    Attributes:
        prefixes: Role → folder or file; the first role lists the samples.
        data_root: Folder that the label file may be relative to.
        optional: Roles that a sample may lack.
        suffixes: File suffixes of the first role, in lower case.
        recursive: Look into sub-folders.
        label_file: Text file of lines ``name class``, or None.
        root_variable: Name of the environment variable that errors mention.
    """

    prefixes: Mapping[str, str]
    data_root: str = ''
    optional: Sequence[str] = ()
    suffixes: Sequence[str] = IMAGE_SUFFIXES
    recursive: bool = True
    label_file: str | None = None
    root_variable: str = 'MGP_DATA_ROOT'

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Listing:
        """Of the config of a :class:`mmgenprior.datasets.RestorationDataset`."""
        given = {k: config[k] for k in cls.__dataclass_fields__ if k in config and k != 'prefixes'}
        if 'suffixes' in given:
            given['suffixes'] = [suffix.lower() for suffix in given['suffixes']]
        root, prefixes = given.get('data_root', ''), config.get('data_prefix') or dict(gt='')
        return cls({role: os.path.join(root, p) for role, p in prefixes.items()}, **given)

    def place(self, role: str) -> Path:
        """Folder or file of a role."""
        return Path(self.prefixes[role])


def list_samples(listing: Listing, warn: Callable[[str], None]) -> list[Sample]:
    """Samples in natural order, ``dict(key=..., <role>_path=...)`` and perhaps ``gt_label``.

    What looks like a picture is listed even where it cannot be read, as a link to nowhere: who
    reads it says so.

    Args:
        listing: What is looked for.
        warn: Tells a line.

    Raises:
        UserError: As :class:`mmgenprior.datasets.RestorationDataset`; or two files have one key.
    """
    first, *others = listing.prefixes
    root, files = _list_files(listing, listing.place(first))
    stems = [f.relative_to(root).with_suffix('').as_posix() for f in files]
    count = Counter(stems)
    samples: list[Sample] = []
    for file, stem in zip(files, stems):
        key = stem if count[stem] == 1 else file.relative_to(root).as_posix()
        samples.append({'key': key, 'stem': stem, f'{first}_path': str(file)})
    refuse_equal_keys((sample['key'], sample[f'{first}_path']) for sample in samples)
    samples.sort(key=lambda sample: natural_key(sample['key']))
    for role in others:
        _pair(listing, samples, role, warn)
    if listing.label_file is not None:
        samples = _label(listing, samples)
    for sample in samples:
        del sample['stem']
    return samples


def refuse_equal_keys(named: Iterable[tuple[str, str]]) -> None:
    """See that no two samples would be saved under one name.

    Args:
        named: Key and file of each.

    Raises:
        UserError: Naming two files of one key.
    """
    seen: dict[str, str] = {}
    for key, file in named:
        if key in seen:
            raise UserError(
                f"two images would be saved as '{printable(key)}': {printable(seen[key])} and "
                f'{printable(file)}; rename one'
            )
        seen[key] = file


def choose(samples: list[Sample], indices: int | Sequence[int] | None) -> list[Sample]:
    """The samples that ``indices`` of a data set takes: the first n, the last −n, or a list.

    Raises:
        ConfigError: An index is beyond the pictures.
    """
    if indices is None:
        return samples
    if isinstance(indices, int):
        return samples[:indices] if indices >= 0 else samples[indices:]
    count = len(samples)
    outside = [index for index in indices if not -count <= index < count]
    if outside:
        raise ConfigError(f'indices: {outside[0]} is none of the {count} pictures, 0..{count - 1}')
    return [samples[index] for index in indices]


def _list_files(listing: Listing, place: Path) -> tuple[Path, list[Path]]:
    variable = f'set {listing.root_variable} (the folder above it)'
    try:
        if place.is_file():
            return place.parent, [place]
        if not place.is_dir():
            raise UserError(f'No folder {place}: put the photos there or {variable}')
        found = place.rglob('*') if listing.recursive else place.iterdir()
        files = [f for f in found if f.suffix.lower() in listing.suffixes and not f.is_dir()]
    except (OSError, ValueError) as error:
        raise UserError(f'{printable(str(place))} cannot be listed: {error}') from error
    # Dot files are left-overs of other programs (macOS writes ._photo.jpg).
    files = [f for f in files if not f.name.startswith('.')]
    if not files:
        raise UserError(
            f'No pictures in {place} (looked for {", ".join(listing.suffixes)}): put photos there '
            f'or {variable}'
        )
    return place, sorted(files)


def _pair(listing: Listing, samples: list[Sample], role: str, warn: Callable[[str], None]) -> None:
    """Add ``<role>_path`` to every sample: same relative name, any suffix."""
    place = listing.place(role)
    if place.is_file():  # one file for all samples
        for sample in samples:
            sample[f'{role}_path'] = str(place)
        return
    if not place.is_dir():
        raise UserError(f'No folder {place} for the {role} files')
    by_stem = {
        f.relative_to(place).with_suffix('').as_posix(): f
        for f in sorted(place.rglob('*'))
        if f.suffix.lower() in (*IMAGE_SUFFIXES, *listing.suffixes) and not f.is_dir()
    }
    missing = [s for s in samples if s['stem'] not in by_stem]
    if missing and role not in listing.optional:
        raise UserError(
            f'{len(missing)} of {len(samples)} samples have no {role} file in {place}; '
            f'the first is {printable(missing[0]["stem"])}: add the files, or take these samples '
            'out'
        )
    # Masks and the like may be there for more pictures than these; stored measurements not.
    unused = sorted(set(by_stem) - {s['stem'] for s in samples}, key=natural_key)
    if role == 'input' and unused:
        warn(
            f'{len(unused)} pictures in {place} are left out, {printable(unused[0])} the first: '
            f'there is no {next(iter(listing.prefixes))} file of that name'
        )
    for sample in samples:
        if sample['stem'] in by_stem:
            sample[f'{role}_path'] = str(by_stem[sample['stem']])


def _plain(name: str) -> str:
    """A path without a suffix of pictures, with slashes."""
    path = Path(name.strip())
    return (path.with_suffix('') if path.suffix.lower() in IMAGE_SUFFIXES else path).as_posix()


def _label(listing: Listing, samples: list[Sample]) -> list[Sample]:
    """The samples that the label file names, with their classes."""
    path = Path(listing.label_file)
    if not path.is_file():
        path = Path(listing.data_root) / path
    if not path.is_file():
        raise UserError(f'No label file {path}: give lines of a file name and a class number')
    labels: dict[str, int] = {}
    try:
        lines = path.read_text(encoding='utf-8').splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f'{path}: no text file in UTF-8 ({error.reason})') from error
    for number, line in enumerate(lines, start=1):
        name, _, label = line.strip().rpartition(' ')
        if not line.strip():
            continue
        if not name or not re.fullmatch(r'[0-9]{1,9}', label):
            raise UserError(f'{path}: line {number} is no file name and class number')
        name = _plain(name)
        if labels.setdefault(name, int(label)) != int(label):
            raise UserError(f"{path}: line {number} gives '{name}' another class than before")
    found = _classes(samples, labels, path)
    if not found:
        raise UserError(f'{path} names none of the {len(samples)} pictures')
    return [dict(s, gt_label=found[s['key']]) for s in samples if s['key'] in found]


def _classes(samples: list[Sample], labels: dict[str, int], path: Path) -> dict[str, int]:
    """Key → class of the samples that are named, by their path or by their file name alone."""
    found, taken = {}, set()
    for sample in samples:
        for name in (_plain(sample['key']), sample['stem']):
            if name in labels:
                found[sample['key']] = labels[name]
                taken.add(name)
    by_name: dict[str, list[str]] = {}
    for name in labels:
        if name not in taken:
            by_name.setdefault(Path(name).name, []).append(name)
    rest = [s for s in samples if s['key'] not in found]
    alike = Counter(Path(s['stem']).name for s in rest)
    for sample in rest:
        stem = sample['stem']
        names = by_name.get(Path(stem).name, [])
        # The file may list longer paths than ours, shorter ones, or those of another folder.
        close = [n for n in names if n.endswith(f'/{stem}') or stem.endswith(f'/{n}')]
        if not close and alike[Path(stem).name] == 1:
            close = names
        classes = {labels[n] for n in close}
        if len(classes) > 1:
            raise UserError(
                f"{path}: which line is '{sample['key']}'? {' and '.join(sorted(close)[:2])} "
                'have that file name: write paths relative to the folder of the pictures'
            )
        if classes:
            found[sample['key']] = classes.pop()
    return found
