"""What editors with a trained network share: they learn and restore from stored pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmagic.structures import DataSample
from torch import Tensor

from mmgenprior.editors.bigprior.fusion import check_channels, data_image
from mmgenprior.editors.restoration_editor import Restoration, RestorationEditor
from mmgenprior.images import rgb01
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError


class StoredEditor(RestorationEditor):
    """An editor that is trained on, and restores from, pictures that an inversion left.

    ``inputs`` of such samples hold ``img``, the picture g⁻¹(y) of the measurement, and ``prior``,
    the generated picture, both CHW, BGR, [0, 255]; the ground truth is ``gt_img`` of the data
    sample (see :class:`LoadInversion`). A sample that carries a ``measurement``
    instead goes the way of every other editor. The network is ``self.phi``.

    Args:
        **kwargs: See :class:`RestorationEditor`.
    """

    def loss(self, data: Tensor, generated: Tensor, gt: Tensor) -> dict[str, Tensor]:
        """Losses of a batch, B×3×H×W each, RGB on the scale [0, 1]."""
        raise TypeError(f'{type(self).__name__} does not define loss()')

    def fuse(self, data: Tensor, generated: Tensor) -> Restoration:
        """Restore from g⁻¹(y) and G(z*), B×3×H×W each, RGB on the scale [0, 1]."""
        raise TypeError(f'{type(self).__name__} does not define fuse()')

    def data_of(self, batch: MeasurementBatch) -> Tensor:
        """g⁻¹(y) of measurements, B×3×H×W, if the network is for such."""
        data = data_image(batch)
        grey = batch.bound().image_like and batch.y.shape[1] == 1
        for key, image in zip(batch.keys, data):
            check_channels(self.phi, image, key, 1 if grey else None)
        return data

    def forward(
        self,
        inputs: Any,
        data_samples: Sequence[DataSample] | DataSample | None = None,
        mode: str = 'tensor',
    ) -> Any:
        """MMEngine's entry point; as :meth:`RestorationEditor.forward`, and ``mode='loss'``.

        Raises:
            UserError: If the samples hold neither a measurement nor stored pictures, pictures of
                another kind than the network is for, or, in training, no ground truth or
                different sizes.
        """
        samples = data_samples.split() if isinstance(data_samples, DataSample) else data_samples
        measured = bool(samples) and all('measurement' in s.metainfo for s in samples)
        if measured and mode != 'loss':
            return super().forward(inputs, samples, mode)
        if not isinstance(inputs, Mapping) or not {'img', 'prior'} <= set(inputs) or not samples:
            raise UserError(
                f'{type(self).__name__} needs stored inversions: put LoadInversion into the '
                "pipeline and keys=['img', 'prior'] into PackInputs"
            )
        data, generated = ([rgb01(x) for x in inputs[name]] for name in ('img', 'prior'))
        for sample, image in zip(samples, data):
            grey = sample.metainfo.get('img_color_type') == 'grayscale'
            check_channels(self.phi, image, _key(sample), 1 if grey else None)
        if mode == 'loss':
            if any('gt_img' not in s for s in samples):
                raise UserError('training needs a ground truth for every stored inversion')
            _check_sizes(samples, data)
            gt = [rgb01(s.gt_img) for s in samples]
            return self.loss(torch.stack(data), torch.stack(generated), torch.stack(gt))
        # One by one: sizes may differ, and a sample must not depend on its neighbours.
        with torch.no_grad():
            restored = [self.fuse(d[None], g[None]) for d, g in zip(data, generated)]
        if mode == 'predict':
            return [self._pack(s, r, 0) for s, r in zip(samples, restored)]
        return [r.variants[self.main_of(r)][0] for r in restored]


def _key(sample: DataSample) -> str:
    return str(sample.metainfo.get('key', ''))


def _check_sizes(samples: Sequence[DataSample], data: Sequence[Tensor]) -> None:
    for sample, image in zip(samples, data):
        if image.shape != data[0].shape:
            (h, w), (height, width) = image.shape[1:], data[0].shape[1:]
            raise UserError(
                f'{sample.metainfo.get("gt_path", _key(sample))} is {w}×{h}, and another picture '
                f'of the batch {width}×{height}: train on crops (FixedCrop before PackInputs, as '
                'in bigprior_train_lsunbedroom_color_cpu), or on pictures of one size'
            )
