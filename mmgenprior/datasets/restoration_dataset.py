"""A folder of photographs, whatever they are called."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmagic.registry import DATASETS
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from mmgenprior.datasets.default_pipelines import (
    choose_pipeline,
    measurement_pipeline,
    photo_pipeline,
)
from mmgenprior.utils.errors import ConfigError, UserError
from mmgenprior.utils.image_io import IMAGE_SUFFIXES
from mmgenprior.utils.limits import PositiveInt
from mmgenprior.utils.names import natural_key


def _plain(name: str) -> str:
    """A path without a suffix of pictures, with slashes."""
    path = Path(name.strip())
    return (path.with_suffix('') if path.suffix.lower() in IMAGE_SUFFIXES else path).as_posix()


def _tell_left_out(place: Path, stems: list[str], first: str) -> None:
    if stems:
        print_log(
            f'{len(stems)} pictures in {place} are left out, {stems[0]} the first: '
            f'there is no {first} file of that name',
            logger='current',
            level=logging.WARNING,
        )


@DATASETS.register_module()
class RestorationDataset(BaseDataset):
    """All pictures below a folder, with further files of the same name.

    Unlike :class:`mmagic.datasets.BasicImageDataset` it looks into sub-folders,
    takes any spelling of a suffix, sorts as a person would (2 before 10), pairs
    files whose suffixes differ (``a.jpg`` and mask ``a.png``), and says in one
    line what is missing.

    A sample is ``dict(key=..., <role>_path=..., ...)``. The key is the path
    relative to the role's folder without its suffix, so that equal names in
    different folders stay different; if two files differ in nothing but the
    suffix, each keeps its suffix in the key.

    With ``degradation`` the pipeline follows from the first role: photographs (``gt``) are loaded,
    fitted to ``size``, degraded and packed; files that are degraded already (``img``) are loaded
    with the truth of those that have one, and packed. Anything else is a ``pipeline=[...]``.

    Args:
        data_root: Folder that the prefixes are relative to.
        data_prefix: Role → folder or file. The first role lists the samples:
            ``dict(gt='faces64')`` for photographs to degrade,
            ``dict(img='measured', mask='masks')`` for degraded ones.
        degradation: Config of the operator and its noise, from which the pipeline follows.
        size: Side, or (height, width), of the image to restore.
        before_degrade: Steps on a loaded photograph before it is degraded, e.g.
            ``[dict(type='Translate', shift=(8, 0))]``.
        invert_mask: White marks the hole in mask files, instead of what is observed.
        pipeline: All that is done with a sample, in place of the four above.
        optional: Roles that a sample may lack (e.g. ``['gt']``: metrics that
            need it are then left out for the sample).
        suffixes: File suffixes of the first role, in lower case.
        recursive: Look into sub-folders.
        label_file: Text file of lines ``name class``; the samples it names, in natural order, get
            ``gt_label``, others are left out. A name is a key, a path or a file name, with or
            without suffix; a file name alone names every picture called so. The text file is
            looked for as given, then relative to ``data_root``.
        root_variable: Name of the environment variable that errors mention.
        **kwargs: As :class:`mmengine.dataset.BaseDataset`; e.g. ``indices=4`` takes the first
            four, ``-4`` the last, and all where there are fewer.

    Raises:
        ConfigError: An index is beyond the pictures.
        UserError: A folder is missing or empty, or a sample lacks the
            file of a role that is not optional; the label file is missing, has a line
            of another form, names no sample, or does not tell two apart; the degradation and the
            pipeline are both given or both not, or there is no photograph for ``before_degrade``.
    """

    METAINFO = dict(dataset_type='restoration_dataset', task_name='restoration')

    def __init__(
        self,
        data_root: str = '',
        data_prefix: dict[str, str] | None = None,
        optional: list[str] | tuple[str, ...] = (),
        degradation: dict | str | None = None,
        size: PositiveInt | tuple[PositiveInt, PositiveInt] | None = None,
        before_degrade: Sequence[dict] = (),
        invert_mask: bool = False,
        pipeline: Sequence | None = None,
        suffixes: list[str] | tuple[str, ...] = IMAGE_SUFFIXES,
        recursive: bool = True,
        label_file: str | None = None,
        root_variable: str = 'MGP_DATA_ROOT',
        **kwargs: Any,
    ) -> None:
        self.optional = tuple(optional)
        self.suffixes = tuple(s.lower() for s in suffixes)
        self.recursive = recursive
        self.label_file = label_file
        self.root_variable = root_variable
        prefix = dict(data_prefix or dict(gt=''))
        kwargs.setdefault('test_mode', True)
        degrades = next(iter(prefix)) != 'img'
        options = dict(size=size, invert_mask=invert_mask)
        if degrades:
            options['before_degrade'] = before_degrade
        elif before_degrade:
            raise UserError(
                'RestorationDataset: before_degrade is for photographs that are degraded here, but '
                'data_prefix lists img files, which are measurements; leave it out'
            )
        pipeline = choose_pipeline(
            'RestorationDataset',
            pipeline,
            photo_pipeline if degrades else measurement_pipeline,
            degradation,
            **options,
        )
        super().__init__(data_root=data_root, data_prefix=prefix, pipeline=pipeline, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Samples of the folder, in natural order."""
        (first, folder), *others = self.data_prefix.items()
        root, files = self._list_files(folder)
        stems = [f.relative_to(root).with_suffix('').as_posix() for f in files]
        count = Counter(stems)
        samples = []
        for file, stem in zip(files, stems):
            key = stem if count[stem] == 1 else file.relative_to(root).as_posix()
            samples.append({'key': key, 'stem': stem, f'{first}_path': str(file)})
        samples.sort(key=lambda sample: natural_key(sample['key']))
        for role, place in others:
            self._pair(samples, role, Path(place))
        if self.label_file is not None:
            samples = self._label(samples)
        for sample in samples:
            del sample['stem']
        return samples

    def _label(self, samples: list[dict]) -> list[dict]:
        """The samples that the label file names, with their classes."""
        path = Path(self.label_file)
        if not path.is_file():
            path = Path(self.data_root) / path
        if not path.is_file():
            raise UserError(f'No label file {path}: give lines of a file name and a class number')
        labels: dict[str, int] = {}
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            name, _, label = line.strip().rpartition(' ')
            if not line.strip():
                continue
            if not name or not label.isdigit():
                raise UserError(f'{path}: line {number} is no file name and class number')
            name = _plain(name)
            if labels.setdefault(name, int(label)) != int(label):
                raise UserError(f"{path}: line {number} gives '{name}' another class than before")
        found = self._classes(samples, labels, path)
        if not found:
            raise UserError(f'{path} names none of the {len(samples)} pictures')
        return [dict(s, gt_label=found[s['key']]) for s in samples if s['key'] in found]

    @staticmethod
    def _classes(samples: list[dict], labels: dict[str, int], path: Path) -> dict[str, int]:
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

    def _get_unserialized_subset(self, indices: int | Sequence[int]) -> list[dict]:
        # MMEngine's stops at a folder that has no more than the number asked for.
        if isinstance(indices, int):
            return self.data_list[:indices] if indices >= 0 else self.data_list[indices:]
        count = len(self.data_list)
        outside = [index for index in indices if not -count <= index < count]
        if outside:
            raise ConfigError(
                f'indices: {outside[0]} is none of the {count} pictures, 0..{count - 1}'
            )
        return super()._get_unserialized_subset(indices)

    def _list_files(self, place: str) -> tuple[Path, list[Path]]:
        place = Path(place)
        if place.is_file():
            return place.parent, [place]
        if not place.is_dir():
            raise UserError(
                f'No folder {place}: put the photos there or set {self.root_variable} '
                '(the folder above it)'
            )
        found = place.rglob('*') if self.recursive else place.iterdir()
        files = [f for f in found if f.suffix.lower() in self.suffixes and f.is_file()]
        # Dot files are left-overs of other programs (macOS writes ._photo.jpg).
        files = [f for f in files if not f.name.startswith('.')]
        if not files:
            raise UserError(
                f'No pictures in {place} (looked for {", ".join(self.suffixes)}): put photos '
                f'there or set {self.root_variable} (the folder above it)'
            )
        return place, sorted(files)

    def _pair(self, samples: list[dict], role: str, place: Path) -> None:
        """Add ``<role>_path`` to every sample: same relative name, any suffix."""
        if place.is_file():  # one file for all samples
            for sample in samples:
                sample[f'{role}_path'] = str(place)
            return
        if not place.is_dir():
            raise UserError(f'No folder {place} for the {role} files')
        by_stem = {
            f.relative_to(place).with_suffix('').as_posix(): f
            for f in sorted(place.rglob('*'))
            if f.suffix.lower() in (*IMAGE_SUFFIXES, *self.suffixes) and f.is_file()
        }
        missing = [s for s in samples if s['stem'] not in by_stem]
        if missing and role not in self.optional:
            raise UserError(
                f'{len(missing)} of {len(samples)} samples have no {role} file in {place}; '
                f'the first is {missing[0]["stem"]}: add the files, or take these samples out'
            )
        # Masks and the like may be there for more pictures than these; stored measurements not.
        if role == 'input':
            unused = set(by_stem) - {s['stem'] for s in samples}
            _tell_left_out(place, sorted(unused, key=natural_key), next(iter(self.data_prefix)))
        for sample in samples:
            if sample['stem'] in by_stem:
                sample[f'{role}_path'] = str(by_stem[sample['stem']])
