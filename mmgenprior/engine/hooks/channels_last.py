"""Weights and feature maps in the memory order that processors convolve fastest in."""

from __future__ import annotations

import torch
from mmengine.hooks import Hook
from mmengine.model import BaseAveragedModel, is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import Tensor


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Put the weights of the networks that are trained into channels-last order.

    Running averages of them stay as they are: an average may hold views of its weights, which a
    new order would cut off.

    Args:
        weights: False leaves the weights in their order and turns only the feature maps, at the
            entry of every convolution. For networks that call ``view`` on their weights, as the
            spectral normalization of stock BigGAN does; most of the speed is in the maps.
    """

    def __init__(self, weights: bool = True) -> None:
        self.weights = weights

    def before_train(self, runner: Runner) -> None:
        """Change the order in memory; values, and names in checkpoints, stay the same."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        for network in model.children():
            if isinstance(network, BaseAveragedModel):
                continue
            if self.weights:
                network.to(memory_format=torch.channels_last)
                continue
            for module in network.modules():
                if isinstance(module, torch.nn.Conv2d):
                    module.register_forward_pre_hook(_turn_feature_map)


def _turn_feature_map(_module: torch.nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    # Free when the map is in that order already: a convolution keeps the order of its input.
    return (inputs[0].contiguous(memory_format=torch.channels_last), *inputs[1:])
