"""Weights in the memory order that processors convolve fastest in."""

from __future__ import annotations

import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Put the weights of the model into channels-last order before training.

    Only for networks that never call ``view`` on a feature map: stock BigGAN with attention does.
    """

    def before_train(self, runner: Runner) -> None:
        """Change the order in memory; values, and names in checkpoints, stay the same."""
        runner.model.to(memory_format=torch.channels_last)
