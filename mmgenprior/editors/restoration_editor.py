"""What every restoration method shares: from data samples to restored images."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from mmagic.registry import MODELS
from mmagic.structures import DataSample
from mmengine.logging import print_log
from mmengine.model import BaseModel
from torch import Tensor

from mmgenprior.editors.hallucination import hallucination_map
from mmgenprior.images import bgr255, swapped
from mmgenprior.inversion.callbacks import SearchCallback, ignore
from mmgenprior.inversion.divergence import ANOTHER_START, DIVERGED
from mmgenprior.structures import Measurement, MeasurementBatch
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.limits import NonNegativeInt

_PROBES = 64
_SAID = {
    ANOTHER_START: 'the search diverged, and was made again from another start',
    DIVERGED: 'the search diverged; the best of before is kept: try smaller step sizes',
}


@dataclass
class Restoration:
    """Restored images of a batch of B samples.

    Attributes:
        variants: Name → images B×3×H×W, RGB on the scale [0, 1]; the methods a
            run went through on its way, e.g. CSGM before IAGAN.
        objective: Final objective (B,), or None for methods without one.
        trace: Objective before every update, T×B, or None.
        extras: Name → further fields of the output, B×....
        marks: Of each image what happened to its search, see
            :class:`mmgenprior.inversion.InversionResult`; empty for methods without one.
        seconds: Wall time of the restoration per image, shared evenly by a batch; None until known.
    """

    variants: dict[str, Tensor]
    objective: Tensor | None = None
    trace: Tensor | None = None
    extras: dict[str, Tensor] = field(default_factory=dict)
    marks: Sequence[str] = ()
    seconds: float | None = None


class RestorationEditor(BaseModel):
    """Base of every method that restores images from measurements.

    It reads :class:`~mmgenprior.structures.Measurement` objects from the
    metainfo of the data samples, restores samples of equal operator and shape
    together, and writes images as MMagic's metrics expect them.

    Args:
        main: Name of the variant that is the result; the last one by default.
        baselines: Configs of further editors whose images join the variants.
        seed: Seed of the run; with a sample's key it fixes all randomness of
            that sample.
        truncate: Truncate to 8 bits as the papers' code does when saving,
            instead of rounding (a level lower for 63 of 256 levels).
        clamp: Clamp to [0, 255] what the metrics see; the saved files always are.
        maps: Add to the output ``hallucination``, how much of each pixel the measurement leaves
            open (1×H×W, see :func:`~mmgenprior.editors.hallucination.hallucination_map`), and, of a
            search with restarts, ``restart_spread``; ``MapsHook`` saves and draws them. A number
            is that of the probes for operators without an exact map, True is 64.
        data_preprocessor: MMEngine's base preprocessor by default; images are
            never normalised here.
    """

    def __init__(
        self,
        main: str | None = None,
        baselines: Sequence[dict] = (),
        seed: NonNegativeInt = 0,
        truncate: bool = False,
        clamp: bool = True,
        maps: bool | int = False,
        data_preprocessor: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor)
        self.main = main
        self.seed = int(seed)
        self.truncate = truncate
        self.clamp = clamp
        self.map_probes = _PROBES if maps is True else int(maps)
        self.baselines = torch.nn.ModuleList(
            MODELS.build({'seed': seed, **cfg}) for cfg in baselines
        )
        self._callback: SearchCallback = ignore

    @property
    def callback(self) -> SearchCallback:
        """Who is told of every iteration, ``(stage, iteration, objective, image)``.

        A console bar (``InversionProgressHook``), a page or a notebook sets it; the editors inside
        this one tell the same.
        """
        return self._callback

    @callback.setter
    def callback(self, callback: SearchCallback) -> None:
        for module in self.modules():
            if isinstance(module, RestorationEditor):
                module._callback = callback

    @property
    def images_at_once(self) -> int | None:
        """How many images of a batch are worked on together; None for all of them.

        The test loop hands over so many at a time, so that what is finished is saved.
        """
        return None

    @property
    def work_per_image(self) -> int:
        """Iterations of a search that one image costs; 0 for methods without a search."""
        return 0

    def restore(self, batch: MeasurementBatch) -> Restoration:
        """Restore the images of a batch of equal operator and shape."""
        raise TypeError(f'{type(self).__name__} does not define restore()')

    def forward(
        self,
        inputs: Any,
        data_samples: Sequence[DataSample] | DataSample | None = None,
        mode: str = 'tensor',
    ) -> Any:
        """MMEngine's entry point.

        Args:
            inputs: Ignored; the measurement comes with the data samples.
            data_samples: Data samples with a ``measurement`` in their metainfo.
            mode: ``'predict'`` returns data samples, ``'tensor'`` the images of
                the main variant B×3×H×W (a list where shapes differ).

        Raises:
            UserError: If there is no measurement, or for ``mode='loss'``.
        """
        if mode == 'loss':
            raise UserError(
                f'{type(self).__name__} has no trainable part: it restores at test time, '
                'use tools/test.py'
            )
        samples = data_samples.split() if isinstance(data_samples, DataSample) else data_samples
        if not samples or any('measurement' not in s.metainfo for s in samples):
            raise UserError(
                'the data samples carry no measurement: put Degrade or LoadMeasurement into the '
                "pipeline and 'measurement' into the meta_keys of PackInputs"
            )
        restored = self.restore_measurements([s.metainfo['measurement'] for s in samples])
        if mode == 'predict':
            return [self._pack(s, *r) for s, r in zip(samples, restored)]
        images = [r.variants[self.main_of(r)][i] for r, i in restored]
        return torch.stack(images) if len({i.shape for i in images}) == 1 else images

    def restore_measurements(
        self, measurements: Sequence[Measurement]
    ) -> list[tuple[Restoration, int]]:
        """Restore samples, those of equal operator and shape together.

        Args:
            measurements: The samples.

        Returns:
            Of each the restoration of its batch, and its row there.
        """
        groups: dict[str, list[int]] = {}
        for i, m in enumerate(measurements):
            shapes = {k: tuple(v.shape) for k, v in m.params.items()}
            name = json.dumps(
                [m.degradation, tuple(m.y.shape), m.image_shape, shapes],
                sort_keys=True,
                default=str,
            )
            groups.setdefault(name, []).append(i)
        found: dict[int, tuple[Restoration, int]] = {}
        for rows in groups.values():
            restoration = self._restore_group([measurements[i] for i in rows])
            found.update({i: (restoration, row) for row, i in enumerate(rows)})
        return [found[i] for i in range(len(measurements))]

    def _restore_group(self, group: Sequence[Measurement]) -> Restoration:
        with torch.inference_mode(False):
            batch = MeasurementBatch.collate(group, self.data_preprocessor.device)
        return self.restore_batch(batch)

    def restore_batch(self, batch: MeasurementBatch) -> Restoration:
        """Restore a batch with its baselines, maps and seconds.

        Args:
            batch: On the device of the editor.
        """
        device = self.data_preprocessor.device
        # The Runner tests under no_grad or inference mode; a search needs gradients.
        with (
            torch.inference_mode(False),
            torch.enable_grad(),
            torch.autocast(device.type, enabled=False),
        ):
            began = _now(device)
            restoration = self.restore(batch)
            restoration.seconds = (_now(device) - began) / len(batch)
            for key, mark in zip(batch.keys, restoration.marks):
                if mark:
                    print_log(f'{key}: {_SAID[mark]}', 'current', logging.WARNING)
            variants: dict[str, Tensor] = {}
            for baseline in self.baselines:
                variants.update(baseline.restore(batch).variants)
            if self.map_probes:
                hallucination = hallucination_map(batch, self.seed, self.map_probes)
                if hallucination is not None:
                    restoration.extras['hallucination'] = hallucination
        restoration.variants = variants | restoration.variants
        return restoration

    def main_of(self, restoration: Restoration) -> str:
        """Name of the variant that is the result."""
        main = self.main or list(restoration.variants)[-1]
        if main not in restoration.variants:
            raise UserError(f'main={main!r}: this run restores {", ".join(restoration.variants)}')
        return main

    def _pack(self, sample: DataSample, restoration: Restoration, row: int) -> DataSample:
        """Write one sample's images as CHW, BGR, [0, 255], clamped: what stock metrics read."""
        main = self.main_of(restoration)
        images = {k: self._to_8bit_scale(v[row]) for k, v in restoration.variants.items()}
        output = DataSample(pred_img=images[main])
        mark = restoration.marks[row] if restoration.marks else ''
        output.set_metainfo(dict(main=main, seconds=restoration.seconds, search=mark))
        output.set_field(images, 'variants', dtype=dict)
        if restoration.objective is not None:
            output.set_field(restoration.objective[row].cpu(), 'objective')
        if restoration.trace is not None:
            output.set_field(restoration.trace[:, row].cpu(), 'trace')
        for name, value in restoration.extras.items():
            output.set_field(value[row].cpu(), name)
        sample.output = output
        if 'gt_img' in sample and sample.metainfo.get('gt_channel_order', 'bgr').lower() == 'rgb':
            sample.gt_img = swapped(sample.gt_img)
            sample.set_metainfo(dict(gt_channel_order='bgr'))
        return sample

    def _to_8bit_scale(self, image: Tensor) -> Tensor:
        scaled = bgr255(image.detach().float())
        scaled = scaled.clamp(0, 255) if self.clamp else scaled
        return (scaled.floor() if self.truncate else scaled).cpu()


def _now(device: torch.device) -> float:
    """The clock in seconds, once the device has done what it was given."""
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
    return time.perf_counter()
