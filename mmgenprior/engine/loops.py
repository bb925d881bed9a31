"""Loops of the runner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mmagic.engine.runner import MultiTestLoop
from mmagic.registry import LOOPS
from mmengine.model import is_model_wrapper

from mmgenprior.engine.loaders import load
from mmgenprior.utils.signals import Terminated


@LOOPS.register_module()
class RestorationTestLoop(MultiTestLoop):
    """MMagic's ``MultiTestLoop`` that returns its metrics, as MMEngine's loop does.

    It takes any evaluator class without a warning. Arguments are those of
    ``MultiTestLoop``.
    """

    def _build_evaluators(self, evaluator: Any) -> list:
        evaluators = evaluator if isinstance(evaluator, (list, tuple)) else [evaluator]
        return [self._runner.build_evaluator(e) for e in evaluators]

    def run(self) -> dict[str, float]:
        """Restore and evaluate all samples.

        Hooks may have ``stopped()``, called when Ctrl-C or SIGTERM ends the run, and ``close()``,
        called however it ends.

        Returns:
            Metrics of all data sets, name → number; the same on every process.
        """
        try:
            super().run()
        except (KeyboardInterrupt, Terminated):
            self._tell_hooks('stopped')
            raise
        finally:
            self._tell_hooks('close')
        return {k: v for e in self.evaluators for k, v in getattr(e, 'averages', {}).items()}

    def run_iter(self, idx: int, data_batch: dict, metrics: Sequence) -> None:
        """Restore, measure and save a batch, in parts where the model works on them in turn.

        Args:
            idx: Number of the batch.
            data_batch: Of the loader.
            metrics: Of the evaluator.
        """
        size = images_at_once(self._runner.model) or len(data_batch['data_samples'])
        for part in _parts(data_batch, size):
            super().run_iter(idx, part, metrics)

    def _tell_hooks(self, what: str) -> None:
        for hook in self._runner.hooks:
            if hasattr(hook, what):
                getattr(hook, what)()


class WorkerLoop(RestorationTestLoop):
    """Prepares for a test, then restores the samples that it is told to, one call after another.

    Arguments are those of ``MultiTestLoop``.
    """

    def run(self) -> dict[str, float]:
        """All that comes before the first batch; there are no metrics yet."""
        runner = self._runner
        runner.call_hook('before_test')
        runner.call_hook('before_test_epoch')
        runner.model.eval()
        (self.evaluator,), (self.dataloader,) = self.evaluators, self.dataloaders
        self.evaluator.dataset_meta = getattr(self.dataloader.dataset, 'metainfo', None)
        self.evaluator.prepare_metrics(runner.model, self.dataloader)
        ((self._metrics, _),) = self.evaluator.prepare_samplers(runner.model, self.dataloader)
        self._batches = 0
        return {}

    def restore(self, indices: Iterable[int]) -> list[dict[str, Any]]:
        """Restore, measure, save and note these samples.

        Args:
            indices: In the data set.

        Returns:
            The evaluator's rows of them.
        """
        self.run_iter(self._batches, load(self.dataloader, indices), self._metrics)
        self._batches += 1
        return self.evaluator.take_rows()


def images_at_once(model: Any) -> int | None:
    """How many images of a batch a model works on together; None for all of them."""
    model = model.module if is_model_wrapper(model) else model
    return getattr(model, 'images_at_once', None)


def _parts(batch: dict, size: int) -> Iterator[dict]:
    """Parts of a batch, in which every value is a list or a tensor over its samples."""
    count = len(batch['data_samples'])
    if size >= count:
        yield batch
        return
    for begin in range(0, count, size):
        yield _cut(batch, slice(begin, begin + size))


def _cut(value: Any, part: slice) -> Any:
    if isinstance(value, dict):
        return {name: _cut(content, part) for name, content in value.items()}
    return None if value is None else value[part]
