"""Weights in the memory order that processors convolve fastest in."""

from __future__ import annotations

import torch
from mmengine.hooks import Hook
from mmengine.model import BaseAveragedModel, is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Put the weights of the networks that are trained into channels-last order.

    Running averages of them stay as they are: an average may hold views of its weights, which a
    new order would cut off. Only for networks that never call ``view`` on a feature map, as
    stock BigGAN does.
    """

    def before_train(self, runner: Runner) -> None:
        """Change the order in memory; values, and names in checkpoints, stay the same."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        for network in model.children():
            if not isinstance(network, BaseAveragedModel):
                network.to(memory_format=torch.channels_last)
