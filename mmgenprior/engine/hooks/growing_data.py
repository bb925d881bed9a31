"""Data for a GAN that grows."""

from __future__ import annotations

from typing import Any

from mmagic.engine.hooks import PGGANFetchDataHook
from mmagic.registry import HOOKS
from mmengine.runner import Runner


@HOOKS.register_module()
class GrowingDataHook(PGGANFetchDataHook):
    """Renews the data loader as soon as a growing GAN has changed its side.

    MMagic's hook does so when the first batch for the new side was already taken from the old
    loader, whose pictures are too small then.
    """

    def before_train(self, runner: Runner) -> None:
        """Begin with pictures of the first side, or of the side that a resumed model is at."""
        super().before_train_iter(runner, 0)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Nothing: too late."""

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Renew the loader if the next iteration is at another side."""
        super().before_train_iter(runner, batch_idx)
