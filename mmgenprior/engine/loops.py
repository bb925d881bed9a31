"""Loops of the runner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from mmagic.engine.runner import MultiTestLoop
from mmagic.registry import LOOPS
from mmengine.model import is_model_wrapper
from mmengine.runner.amp import autocast

from mmgenprior.engine.inputs import FAILURES
from mmgenprior.evaluation.evaluator import sample_key
from mmgenprior.ledger.failures import failure
from mmgenprior.utils.errors import ExitCode, UserError
from mmgenprior.utils.signals import Terminated


@LOOPS.register_module()
class RestorationTestLoop(MultiTestLoop):
    """MMagic's ``MultiTestLoop`` that returns its metrics, as MMEngine's loop does.

    It takes any evaluator class without a warning. Arguments are those of
    ``MultiTestLoop``.

    Attributes:
        skips_failing: Go on without images that cannot be loaded or restored; hooks that have
            ``failed(failure)`` are told.
    """

    skips_failing = False

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
        for failed in data_batch.pop(FAILURES, ()):
            self._tell_hooks('failed', failed)
        count = len(data_batch['data_samples'])
        if not count:
            return
        model = self._runner.model
        model = model.module if is_model_wrapper(model) else model
        for part in _parts(data_batch, getattr(model, 'images_at_once', None) or count):
            self._restore(idx, part, metrics)

    @torch.no_grad()
    def _restore(self, idx: int, batch: dict, metrics: Sequence) -> None:
        """As MMagic's ``run_iter``; an image that cannot be restored is told, where that is asked.

        What the hooks raise is of the run, not of an image.
        """
        runner = self._runner
        runner.call_hook('before_test_iter', batch_idx=idx, data_batch=batch)
        try:
            with autocast(enabled=self.fp16):
                outputs = runner.model.test_step(batch)
            self.evaluator.process(outputs, batch, metrics)
        except UserError as error:
            if not self.skips_failing or error.exit_code is ExitCode.USAGE:
                raise
            samples = batch['data_samples']
            for part in _parts(batch, 1) if len(samples) > 1 else ():
                self._restore(idx, part, metrics)
            if len(samples) == 1:
                key = sample_key(samples[0].to_dict())
                self._tell_hooks('failed', failure(key, '', error))
            return
        self._tell_hooks('before_saving')
        runner.call_hook('after_test_iter', batch_idx=idx, data_batch=batch, outputs=outputs)

    def _tell_hooks(self, what: str, *about: Any) -> None:
        for hook in self._runner.hooks:
            if hasattr(hook, what):
                getattr(hook, what)(*about)


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
