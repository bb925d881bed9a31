"""The family as a data set of MMagic, for training and for restoration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from mmagic.registry import DATASETS
from mmengine.dataset import BaseDataset
from mmengine.registry import FUNCTIONS
from torch import Tensor

from mmgenprior.datasets.default_pipelines import choose_pipeline, rendered_pipeline
from mmgenprior.datasets.toyfaces.latents import face_latent
from mmgenprior.datasets.toyfaces.parameters import CLASSES, SPLITS
from mmgenprior.datasets.toyfaces.render import render_face
from mmgenprior.datasets.toyfaces.stored import StoredArrays
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.limits import NonNegativeInt, PositiveInt

SIZE = 64


@DATASETS.register_module()
class ToyFacesDataset(BaseDataset):
    """Faces that are rendered when they are asked for; there is no file.

    A sample is ``dict(key='test-000012', gt=..., gt_label=...)`` with ``gt`` H×W×3 uint8 BGR, as
    after MMagic's ``LoadImageFromFile(key='gt', channel_order='bgr')``, so a pipeline starts
    behind the loading: with ``degradation`` it degrades and packs, for restoration; GAN training
    writes out ``pipeline=[dict(type='PackInputs')]``. The classes take turns, so that any run of
    samples is balanced.

    Args:
        split: ``'train'`` or ``'test'``, which share no random stream.
        length: Number of pictures.
        seed: Seed of the family.
        labels: Add ``gt_label``, which class-conditional training needs.
        latents: Length of the normal latent that is added as ``latent`` (see
            :func:`face_latent`), for ``PairedGAN``; with ``labels`` the class has no place in it.
        cache: Keep rendered pictures (12 KiB each): True in memory, in every process that loads;
            a folder in files there, latents too, that all processes and later trainings share.
        whole_batches: Give a batch as one dict of arrays with a leading axis, read at once from the
            folder of ``cache``: single samples keep a GPU waiting. For ``pipeline=[]``,
            ``collate_fn=dict(type='keep_batch')`` and ``PairedPreprocessor``.
        growing: Batch size per side of the picture, e.g. ``{'4': 64, '8': 64, ...}``, for
            ``GrowingDataHook``; the pictures then have the side that the training is at, averaged
            over areas from 64×64.
        degradation: Config of the operator and its noise, from which the pipeline follows.
        before_degrade: Steps on the picture before it is degraded.
        pipeline: All that is done with a sample, in place of the two above.
        **kwargs: As :class:`mmengine.dataset.BaseDataset`.

    Raises:
        UserError: The split is unknown, the length is not positive, the seed is negative,
            ``growing`` names a side that does not divide 64, the degradation and the pipeline are
            both given or both not, or whole batches lack their cache or have a pipeline.
    """

    METAINFO = dict(dataset_type='toyfaces_dataset', task_name='restoration', classes=CLASSES)

    def __init__(
        self,
        split: str = 'train',
        length: PositiveInt = 20000,
        seed: NonNegativeInt = 0,
        labels: bool = False,
        latents: int | None = None,
        cache: bool | str = False,
        whole_batches: bool = False,
        growing: dict[str, int] | None = None,
        degradation: dict | str | None = None,
        before_degrade: Sequence[dict] = (),
        pipeline: Sequence | None = None,
        **kwargs: Any,
    ) -> None:
        if split not in SPLITS:
            raise UserError(f"ToyFacesDataset: split '{split}' is none of {', '.join(SPLITS)}")
        if length < 1 or seed < 0:
            raise UserError(
                f'ToyFacesDataset: length={length} must be at least 1, seed={seed} at least 0'
            )
        if whole_batches and (pipeline != [] or not isinstance(cache, str)):
            raise UserError(
                "ToyFacesDataset: whole_batches=True needs cache='FOLDER' and pipeline=[]"
            )
        self.whole_batches = whole_batches
        self.split, self.length, self.seed, self.labels = split, length, seed, labels
        self.latents = latents
        self._memory: dict[int, np.ndarray] | None = {} if cache is True else None
        self._images: StoredArrays | None = None
        self._latents: StoredArrays | None = None
        if isinstance(cache, str):
            name = f'toyfaces_{split}_{seed}'
            shape = (SIZE, SIZE, 3)
            self._images = StoredArrays(cache, name, shape, np.uint8, length, self._render)
            if latents is not None:
                name += f'_latents{latents}' + ('_unlabelled' if labels else '')
                self._latents = StoredArrays(
                    cache, name, (latents,), np.float32, length, self._latent
                )
        self.growing = {int(side): count for side, count in (growing or {}).items()}
        for side in self.growing:
            if side < 1 or SIZE % side:
                raise UserError(f'ToyFacesDataset: growing side {side} does not divide {SIZE}')
        self.side = SIZE
        kwargs.setdefault('test_mode', split == 'test')
        pipeline = choose_pipeline(
            'ToyFacesDataset',
            pipeline,
            rendered_pipeline,
            degradation,
            before_degrade=before_degrade,
        )
        super().__init__(pipeline=pipeline, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Key, number and class of every picture."""
        samples = [dict(key=f'{self.split}-{i:06d}', number=i) for i in range(self.length)]
        if self.labels:
            for sample in samples:
                sample['gt_label'] = sample['number'] % len(CLASSES)
        return samples

    def get_data_info(self, idx: int) -> dict:
        """The sample with its picture."""
        sample = super().get_data_info(idx)
        number = sample.pop('number')
        if self.latents is not None:
            latent = self._latents[number] if self._latents else self._latent(number)
            sample['latent'] = torch.from_numpy(latent)
        image = self._picture(number)
        if self.side != SIZE:
            image = cv2.resize(image, (self.side, self.side), interpolation=cv2.INTER_AREA)
        sample['gt'] = image
        sample['ori_gt_shape'] = image.shape
        sample['gt_channel_order'] = 'bgr'
        sample['gt_color_type'] = 'color'
        return sample

    def __getitems__(self, numbers: list[int]) -> dict[str, Tensor] | list[dict]:
        """The samples of a batch, which PyTorch asks for at once."""
        if not self.whole_batches:
            return [self[number] for number in numbers]
        batch = dict(gt=self._images[numbers])
        if self._latents is not None:
            batch['latent'] = self._latents[numbers]
        if self.labels:
            batch['gt_label'] = np.array(numbers) % len(CLASSES)
        return {name: torch.from_numpy(values) for name, values in batch.items()}

    def _picture(self, number: int) -> np.ndarray:
        """The face of a number, as a copy."""
        if self._images is not None:
            return self._images[number]
        if self._memory is None:
            return self._render(number)
        if number not in self._memory:
            self._memory[number] = self._render(number)
        return self._memory[number].copy()

    def _render(self, number: int) -> np.ndarray:
        return np.ascontiguousarray(render_face(self.seed, self.split, number, SIZE)[..., ::-1])

    def _latent(self, number: int) -> np.ndarray:
        return face_latent(self.seed, self.split, number, self.latents, with_label=not self.labels)

    def update_annotations(self, curr_scale: int) -> bool:
        """Render at another size from now on; the interface of ``GrowScaleImgDataset``.

        Args:
            curr_scale: Side of the pictures.

        Returns:
            Whether anything changed, so that the loader has to be made anew.

        Raises:
            UserError: ``growing`` has no batch size for this side.
        """
        if not self.growing or curr_scale == self.side:
            return False
        if curr_scale not in self.growing:
            raise UserError(f"ToyFacesDataset: 'growing' has no batch size for side {curr_scale}")
        self.side = curr_scale
        return True

    @property
    def samples_per_gpu(self) -> int:
        """Batch size at the present side, as ``GrowingDataHook`` asks for it."""
        return self.growing[self.side]


@FUNCTIONS.register_module()
def keep_batch(data_batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The ``collate_fn`` of a data set that gives whole batches: there is nothing left to do."""
    return data_batch
