"""Transforms that give a sample its measurement."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmagic.registry import TRANSFORMS
from mmcv.transforms import BaseTransform
from torch import Tensor

from mmgenprior.datasets.array_io import ARRAY_SUFFIXES, read_arrays
from mmgenprior.datasets.visits import VisitedIndex
from mmgenprior.degradations import (
    BoxMask,
    Degradation,
    FileMask,
    Operator,
    RandomBoxesMask,
    get_degradation,
)
from mmgenprior.images import CHANNEL_ORDERS, to_bgr255, to_rgb01
from mmgenprior.structures import Measurement
from mmgenprior.utils import sample_generator
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.image_io import check_mask_size, read_header, read_image, read_mask
from mmgenprior.utils.plain import plain


class _MeasurementTransform(BaseTransform):
    """What :class:`Degrade` and :class:`LoadMeasurement` share."""

    def __init__(
        self, degradation: dict | str, mask_key: str, mask_param: str, invert_mask: bool, seed: int
    ) -> None:
        self.degradation_cfg = plain(degradation)
        self.mask_key = mask_key
        self.mask_param = mask_param
        self.invert_mask = invert_mask
        self.seed = seed
        # Fails early, in the process that builds the pipeline, if the config is wrong.
        get_degradation(self.degradation_cfg)

    def _degradation(self) -> Degradation:
        # Shared with the editor, which may have left it on an accelerator.
        return get_degradation(self.degradation_cfg).to('cpu')

    def _sample_key(self, results: dict, path_key: str) -> str:
        """The sample's name, never its index: results must not depend on the order."""
        if 'key' not in results:
            if path_key not in results:
                raise UserError(f"The sample has neither 'key' nor '{path_key}' to name it")
            results['key'] = Path(results[path_key]).stem
        return str(results['key'])

    def _file_params(self, results: dict, size: tuple[int, int], owner: str) -> dict[str, Tensor]:
        """Parameters that come from a mask file of the sample."""
        path = results.get(f'{self.mask_key}_path')
        if path is None:
            return {}
        mask = read_mask(path, self.invert_mask)
        check_mask_size(path, mask.shape, size, owner)
        return {self.mask_param: torch.from_numpy(mask)[None]}

    def _finish(
        self,
        results: dict,
        y: Tensor,
        bound: Degradation,
        image_shape: tuple,
        params: dict,
        key: str,
        channel_order: str = 'bgr',
    ) -> dict:
        picture = to_bgr255(bound.measurement_image(y[None].float(), image_shape)[0].numpy())
        results['img'] = picture if channel_order == 'bgr' else picture[..., ::-1].copy()
        results['img_channel_order'] = channel_order
        results['img_color_type'] = 'color'
        results['ori_img_shape'] = results['img'].shape
        label = results.get('gt_label')
        results['measurement'] = Measurement(
            y=y,
            degradation=self.degradation_cfg,
            image_shape=image_shape,
            params=params,
            key=key,
            label=None if label is None else int(label),
        )
        return results


def _batched(params: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value[None] for name, value in params.items()}


@TRANSFORMS.register_module()
class Degrade(_MeasurementTransform):
    """Make a measurement from a ground-truth picture.

    The operator's and the noise's random parameters come from the streams
    (seed, sample key, ``'degradation'``) and (seed, sample key, ``'noise'``),
    so that a sample is degraded in the same way whatever the order, the batch or
    the number of processes. A training sees the same damage in every epoch then;
    ``epoch_seed=True`` makes it fresh, as reproducibly, in whatever worker.

    Required Keys: ``<gt_key>`` (H×W×C in [0, 255], BGR, RGB where
    ``<gt_key>_channel_order`` says so, or grey), ``key`` or ``<gt_key>_path``;
    optionally ``<mask_key>_path`` and ``gt_label``, the class.

    Added Keys: ``measurement`` (:class:`mmgenprior.structures.Measurement`; name
    it in ``meta_keys`` of ``PackInputs``), ``img`` (its picture, H×W×3 float32 in
    [0, 255], not rounded, in the ground truth's channel order),
    ``img_channel_order``, ``key``.

    Args:
        degradation: Config of :func:`mmgenprior.degradations.build_degradation`.
        seed: Seed of all samples' streams.
        gt_key: Role of the ground truth.
        mask_key: Role of an optional mask file; white is observed.
        mask_param: The operator's parameter that the mask file gives.
        invert_mask: White marks the hole instead.
        epoch_seed: Draw anew each time that a sample is visited. The loader needs
            ``sampler=dict(type='EpochSampler', sampler=...)``, which counts.

    Raises:
        UserError: The mask's size differs from the picture's, the picture holds
            values that are not numbers, or nobody counts the epochs.
    """

    def __init__(
        self,
        degradation: dict | str,
        seed: int = 0,
        gt_key: str = 'gt',
        mask_key: str = 'mask',
        mask_param: str = 'mask',
        invert_mask: bool = False,
        epoch_seed: bool = False,
    ) -> None:
        super().__init__(degradation, mask_key, mask_param, invert_mask, seed)
        self.gt_key = gt_key
        self.epoch_seed = epoch_seed

    def transform(self, results: dict) -> dict:
        """Add ``measurement`` and ``img``."""
        key = self._sample_key(results, f'{self.gt_key}_path')
        image = np.asarray(results[self.gt_key])
        order = _channel_order(results, self.gt_key)
        x = torch.from_numpy(to_rgb01(image, order))
        if not torch.isfinite(x).all():
            raise UserError(f'{key}: the ground truth holds values that are no numbers')
        shape = tuple(x.shape)
        physics = self._degradation()
        given = self._file_params(results, shape[1:], 'the photo')
        visit = self._visit(results, key)
        stream = sample_generator(self.seed, key, 'degradation', *visit)
        params = {**physics.draw_parameters(shape, stream), **given}
        bound = _bind(physics, params, shape, key)
        noise = sample_generator(self.seed, key, 'noise', *visit)
        y = bound.measure(x[None], _batched(params), [noise])[0]
        return self._finish(results, y, bound, shape, params, key, order)

    def _visit(self, results: dict, key: str) -> tuple[int, ...]:
        """What tells this visit of a sample from the others; nothing where all are alike."""
        if not self.epoch_seed:
            return ()
        index = results.get('sample_idx')
        if not isinstance(index, VisitedIndex):
            raise UserError(
                f'{key}: Degrade(epoch_seed=True) is not told the epoch: the loader needs '
                "sampler=dict(type='EpochSampler', sampler=dict(...)) round its own sampler"
            )
        return index.visit

    def check_files(
        self, results: Mapping[str, Any], size: tuple[int, int] | None
    ) -> tuple[int, int] | None:
        """See that a mask file has the size of the photograph.

        Raises:
            UserError: If it has another one.
        """
        path = results.get(f'{self.mask_key}_path')
        if path is not None and size is not None:
            header = read_header(path)
            check_mask_size(path, (header.height, header.width), size, 'the photo')
        return size

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(degradation={self.degradation_cfg}, seed={self.seed}, '
            f'epoch_seed={self.epoch_seed})'
        )


def _bind(physics: Degradation, params: dict, shape: tuple, owner: str) -> Degradation:
    """The degradation of one sample; every per-sample parameter must be known."""
    missing = set(getattr(physics.physics, 'parameter_names', ())) - set(params)
    if missing:
        raise UserError(
            f'{owner}: {type(physics.physics).__name__} needs {", ".join(sorted(missing))} for '
            "each sample, e.g. a mask file: data_prefix=dict(..., mask='folder')"
        )
    return physics.bind(_batched(params), shape)


def _measurement_shape(bound: Degradation, shape: tuple) -> tuple[int, ...]:
    if isinstance(bound.physics, Operator):
        return tuple(bound.physics.measurement_shape(shape))
    return tuple(bound.forward_operator(torch.zeros(1, *shape)).shape[1:])


def _channel_order(results: dict, key: str) -> str:
    order = str(results.get(f'{key}_channel_order', 'bgr')).lower()
    if order not in CHANNEL_ORDERS:
        raise UserError(f"{key} is in {order} order; load it with channel_order='bgr' or 'rgb'")
    return order


@TRANSFORMS.register_module()
class LoadMeasurement(_MeasurementTransform):
    """Load a file that is already degraded; no ground truth is needed.

    What the file holds is decided by its suffix. A picture (PNG, JPEG, …) is a
    measurement in display units: 0 is black, full scale is white; the operator's
    measurement is made from it by
    :meth:`mmgenprior.degradations.Degradation.measurement_from_image` (for a
    luminance operator from its luminance, so grey and colour files both do). A
    ``.npy`` file is the measurement itself, in the operator's own shape (no batch
    dimension) and units, not clipped; a ``.npz`` file holds the same as ``y`` and
    may hold parameters of the operator beside it, by name.

    Required Keys: ``<img_key>_path``; optionally ``<mask_key>_path``.

    Added Keys: as :class:`Degrade`.

    Args:
        degradation: Config of :func:`mmgenprior.degradations.build_degradation`;
            its noise is what the file is believed to hold, none is added.
        image_shape: Shape (3, H, W) of the image to restore. None: the size of
            the file, times the factor of a downsampling operator.
        img_key: Role of the degraded file.
        mask_key: Role of an optional mask file; white is observed.
        mask_param: The operator's parameter that the mask file gives.
        invert_mask: White marks the hole instead.
        seed: As :class:`Degrade`.

    Raises:
        UserError: The file cannot be read, its size is not what the operator
            makes of ``image_shape`` (both are named), or a parameter that only
            the measuring knew is not given.
    """

    def __init__(
        self,
        degradation: dict | str,
        image_shape: tuple[int, int, int] | None = None,
        img_key: str = 'img',
        mask_key: str = 'mask',
        mask_param: str = 'mask',
        invert_mask: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(degradation, mask_key, mask_param, invert_mask, seed)
        self.image_shape = tuple(image_shape) if image_shape is not None else None
        self.img_key = img_key

    def transform(self, results: dict) -> dict:
        """Add ``measurement`` and ``img``."""
        key = self._sample_key(results, f'{self.img_key}_path')
        path = Path(results[f'{self.img_key}_path'])
        physics = self._degradation()
        if path.suffix.lower() in ARRAY_SUFFIXES:
            y, params = _load_array(path)
        else:
            y, params = physics.measurement_from_image(_picture(path)[None])[0], {}
        shape = self.image_shape or tuple(physics.infer_image_shape(tuple(y.shape)))
        params = {**params, **self._file_params(results, shape[1:], 'the image to restore')}
        params = self._complete(physics, params, shape, path)
        bound = _bind(physics, params, shape, str(path))
        expected = _measurement_shape(bound, shape)
        if tuple(y.shape) != expected:
            raise UserError(
                f'{path}: the measurement is {_times(y.shape)}, but the operator makes '
                f'{_times(expected)} of an image of {_times(shape)}'
            )
        if isinstance(physics.physics, (BoxMask, FileMask, RandomBoxesMask)):
            y = bound.physics.A(y[None])[0]  # whatever was painted into the holes is no measurement
        return self._finish(results, y, bound, shape, params, key)

    def check_files(
        self, results: Mapping[str, Any], size: tuple[int, int] | None
    ) -> tuple[int, int] | None:
        """Load the sample; the size of the image to restore.

        Raises:
            UserError: As :meth:`transform`.
        """
        return tuple(self.transform(dict(results))['measurement'].image_shape[1:])

    def _complete(
        self, physics: Degradation, given: dict, shape: tuple, path: Path
    ) -> dict[str, Tensor]:
        """The operator's parameters, of which none may be guessed."""
        drawn, again = (
            physics.draw_parameters(shape, sample_generator(self.seed, path.stem, which))
            for which in ('degradation', 'again')
        )
        # What two draws agree on is no matter of chance, e.g. a fixed noise level.
        certain = {k: v for k, v in drawn.items() if torch.equal(v, again[k])}
        unknown = sorted(set(drawn) - set(certain) - set(given) - {'sigma'})
        if unknown:
            raise UserError(
                f'{path}: the operator draws {", ".join(unknown)} at random, which this file does '
                'not tell; give a mask file or an .npz with it'
            )
        return {**certain, **given}

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(degradation={self.degradation_cfg}, '
            f'image_shape={self.image_shape})'
        )


def _times(shape: tuple) -> str:
    return '×'.join(map(str, shape))


def _picture(path: Path) -> Tensor:
    return torch.from_numpy(to_rgb01(read_image(path)))


def _load_array(path: Path) -> tuple[Tensor, dict[str, Tensor]]:
    """Measurement and parameters of an .npy or .npz file; nothing is unpickled."""
    arrays = read_arrays(path)
    if 'y' not in arrays:
        raise UserError(f"{path}: holds {sorted(arrays)}, but no array 'y'")
    tensors = {}
    for name, array in arrays.items():
        tensors[name] = torch.from_numpy(np.asarray(array, dtype=np.float32))
        if not torch.isfinite(tensors[name]).all():
            raise UserError(f'{path}: {name} holds values that are no numbers')
    y = tensors.pop('y')
    return y, tensors
