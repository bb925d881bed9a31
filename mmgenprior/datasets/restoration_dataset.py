"""A folder of photographs, whatever they are called."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from mmagic.registry import DATASETS
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from mmgenprior.datasets.default_pipelines import (
    choose_pipeline,
    measurement_pipeline,
    photo_pipeline,
)
from mmgenprior.datasets.image_io import IMAGE_SUFFIXES
from mmgenprior.datasets.listing import Listing, choose, list_samples
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.limits import PositiveInt


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
        UserError: A folder is missing or empty, two files have one key, or a sample lacks the
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
        degradation: dict | None = None,
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
        listing = Listing(
            self.data_prefix,
            data_root=self.data_root,
            optional=self.optional,
            suffixes=self.suffixes,
            recursive=self.recursive,
            label_file=self.label_file,
            root_variable=self.root_variable,
        )
        return list_samples(listing, _warn)

    def _get_unserialized_subset(self, indices: int | Sequence[int]) -> list[dict]:
        # MMEngine's stops at a folder that has no more than the number asked for.
        return choose(self.data_list, indices)


def _warn(line: str) -> None:
    print_log(line, logger='current', level=logging.WARNING)
