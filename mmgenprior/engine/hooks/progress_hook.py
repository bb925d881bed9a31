"""Draws what an editor is doing on the console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmagic.registry import HOOKS
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper

from mmgenprior.engine.console_progress import ConsoleProgress
from mmgenprior.inversion.callbacks import ignore


@HOOKS.register_module()
class InversionProgressHook(Hook):
    """Listen to an editor with a :class:`~mmgenprior.engine.console_progress.ConsoleProgress`.

    The first process draws, for the images that it restores itself. Models that take no callback
    are left alone.
    """

    def __init__(self) -> None:
        self.progress: ConsoleProgress | None = None

    @staticmethod
    def _editor(runner: Any) -> Any:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        return model if hasattr(model, 'callback') else None

    def before_test_epoch(self, runner: Any) -> None:
        """Count the images; images taken over from an earlier run are not among them."""
        editor = self._editor(runner)
        if editor is None or not is_main_process():
            return
        images = sum(len(loader.sampler) for loader in runner.test_loop.dataloaders)
        self.progress = ConsoleProgress(images, editor.work_per_image)
        editor.callback = self.progress

    def after_test_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence | None = None,
    ) -> None:
        """Count the images of the batch as done."""
        if self.progress is not None:
            self.progress.finish_images(len(outputs))

    def failed(self, failed: Any) -> None:
        """Count an image that cannot be restored as done."""
        if self.progress is not None:
            self.progress.finish_images(1)

    def after_test_epoch(self, runner: Any, metrics: dict[str, float] | None = None) -> None:
        """Take the bar off the screen before the results are printed."""
        if self.progress is not None:
            self.progress.close()
            self._editor(runner).callback = ignore
            self.progress = None
