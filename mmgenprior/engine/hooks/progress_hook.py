"""Tells the progress bar how many images there are."""

from __future__ import annotations

from typing import Any

from mmagic.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper


@HOOKS.register_module()
class InversionProgressHook(Hook):
    """Give an editor's progress bar the number of images this process restores.

    Without it the bar knows only the batch at hand and cannot tell the time left.
    Editors without a progress bar are left alone.
    """

    @staticmethod
    def _progress(runner: Any) -> Any:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        return getattr(model, 'progress', None)

    def before_test_epoch(self, runner: Any) -> None:
        """Count the images; images taken over from an earlier run are not among them."""
        progress = self._progress(runner)
        if progress is not None:
            progress.begin(sum(len(loader.sampler) for loader in runner.test_loop.dataloaders))

    def after_test_epoch(self, runner: Any, metrics: dict[str, float] | None = None) -> None:
        """Take the bar off the screen before the results are printed."""
        progress = self._progress(runner)
        if progress is not None:
            progress.close()
