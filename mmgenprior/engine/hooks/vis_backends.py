"""Curves, numbers and pictures of a run, for whatever MMEngine's visualizer writes to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmagic.registry import HOOKS
from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from mmgenprior.datasets.image_io import read_image
from mmgenprior.engine.hooks.report_hook import RestorationReportHook
from mmgenprior.utils.files import file_of

# Points of a curve; a search of thousands of iterations shows no more.
_POINTS = 400


@HOOKS.register_module()
class VisBackendsHook(Hook):
    """Tell a run to the backends of MMEngine's visualizer: TensorBoard, Weights & Biases, files.

    =======================  =================  ==============================================
    name                     step               what
    =======================  =================  ==============================================
    ``objective/<key>``      iteration          the objective of a method that searches
    ``image/<metric>``       place of an image  the metrics of each image, as it is finished
    ``mean/<metric>``        number of images   the metrics of all images, at the end
    ``<key>``                place of an image  the picture that the report hook has written
    =======================  =================  ==============================================

    A slash in a key is an underscore. Without backends, as in ``vis_backends=None``, nothing
    happens. The first process tells its images at once, those of the others at the end. The
    hook goes behind :class:`RestorationReportHook`, which writes the pictures.
    """

    priority = 'LOWEST'

    def __init__(self) -> None:
        self._visualizer: Any = None
        self._told: set[str] = set()

    def before_test(self, runner: Any) -> None:
        """See whether anyone listens."""
        listens = is_main_process() and bool(getattr(runner.visualizer, '_vis_backends', None))
        self._visualizer = runner.visualizer if listens else None
        self._told = set()

    def after_test_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence | None = None,
    ) -> None:
        """Tell the images of a batch."""
        if self._visualizer is None:
            return
        report = _report(runner)
        for sample in outputs:
            row, trace = sample.metainfo['row'], sample.output.get('trace')
            numbers = report.evaluator.sample_metrics(row)
            trace = () if trace is None else trace.float().tolist()
            self._tell(runner, row['key'], row['sample_idx'], numbers, trace)

    def after_test_epoch(self, runner: Any, metrics: dict[str, float] | None = None) -> None:
        """Tell what other processes and earlier starts have made, and the means."""
        if self._visualizer is None:
            return
        report = _report(runner)
        places = {key: place for place, key in enumerate(report.done.head.asked)}
        for entry in report.done.entries:
            if entry.key not in self._told:
                numbers = report.evaluator.sample_metrics({**entry.row, 'key': entry.key})
                self._tell(runner, entry.key, places[entry.key], numbers, entry.trace)
        means = {f'mean/{name}': value for name, value in report.done.metrics.items()}
        self._visualizer.add_scalars(means, step=len(report.done.entries))

    def _tell(
        self,
        runner: Any,
        key: str,
        place: int,
        numbers: Mapping[str, float],
        trace: Sequence[float],
    ) -> None:
        self._told.add(key)
        name, place = key.replace('/', '_'), int(place)
        for iteration, value in _points(trace):
            self._visualizer.add_scalar(f'objective/{name}', value, step=iteration)
        if numbers:
            scalars = {f'image/{metric}': value for metric, value in numbers.items()}
            self._visualizer.add_scalars(scalars, step=place)
        folder = 'pictures' if _report(runner).pictures else 'restored'
        picture = read_image(file_of(Path(runner.work_dir) / folder, key))
        self._visualizer.add_image(name, picture[..., ::-1].astype('uint8'), step=place)

    def close(self) -> None:
        """Let the backends write what they hold, however the run ends."""
        if self._visualizer is not None:
            self._visualizer.close()


def _points(trace: Sequence[float]) -> Iterator[tuple[int, float]]:
    """Iteration and objective, of a long search every few iterations and the last."""
    stride = max(1, len(trace) // _POINTS)
    for i, value in enumerate(trace):
        if math.isfinite(value) and (i % stride == 0 or i == len(trace) - 1):
            yield i, value


def _report(runner: Any) -> RestorationReportHook:
    found = [hook for hook in runner.hooks if isinstance(hook, RestorationReportHook)]
    if not found:
        raise TypeError("VisBackendsHook needs report=dict(type='RestorationReportHook')")
    return found[0]
