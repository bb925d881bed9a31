"""Mixed precision on the CPU, and weights in channels-last order."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace

import pytest
import torch
from mmengine.model import ExponentialMovingAverage
from torch import nn

from mmgenprior.engine.hooks.channels_last import ChannelsLastHook
from mmgenprior.engine.optim import BFloat16OptimWrapper


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 1, 3))


def step(network: nn.Module, wrapper) -> torch.Tensor:
    x = torch.linspace(-1, 1, 2 * 3 * 8 * 8).reshape(2, 3, 8, 8)
    with wrapper.optim_context(network):
        out = network(x)
        wrapper.update_params(out.float().square().mean())
    return out


def test_products_are_bfloat16_and_weights_stay_float32(network):
    before = network[0].weight.detach().clone()
    wrapper = BFloat16OptimWrapper(optimizer=torch.optim.SGD(network.parameters(), lr=0.1))
    assert step(network, wrapper).dtype == torch.bfloat16
    assert network[0].weight.dtype == torch.float32
    assert not torch.equal(network[0].weight, before)
    # Outside the context nothing is changed.
    assert network(torch.zeros(1, 3, 8, 8)).dtype == torch.float32


def test_a_step_is_that_of_float32_up_to_rounding(network):
    from mmengine.optim import OptimWrapper

    other = deepcopy(network)
    start = network[0].weight.detach().clone()
    step(network, BFloat16OptimWrapper(optimizer=torch.optim.SGD(network.parameters(), lr=0.1)))
    step(other, OptimWrapper(optimizer=torch.optim.SGD(other.parameters(), lr=0.1)))
    change, expected = network[0].weight - start, other[0].weight - start
    assert (change - expected).norm() < 0.03 * expected.norm()


class Averaged(nn.Module):
    """A network and its average, as MMagic's GANs hold them."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.average = ExponentialMovingAverage(network, momentum=0.5, update_buffers=True)


def test_channels_last_changes_the_order_in_memory_only(network):
    model = Averaged(network)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    ChannelsLastHook().before_train(SimpleNamespace(model=model))
    assert network[0].weight.is_contiguous(memory_format=torch.channels_last)
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key])


def test_averages_still_follow_in_channels_last(network):
    model = Averaged(network)
    ChannelsLastHook().before_train(SimpleNamespace(model=model))
    first = network[0].weight.detach().clone()
    model.average.update_parameters(network)  # the first copies
    with torch.no_grad():
        network[0].weight.add_(1)
    model.average.update_parameters(network)
    torch.testing.assert_close(model.average.module[0].weight, first + 0.5)


def test_averages_still_follow_a_model_that_was_moved(network):
    # To another type instead of a GPU: the tensors are replaced in the same way.
    model = Averaged(network).to(torch.float64)
    first = network[0].weight.detach().clone()
    model.average.update_parameters(network)
    with torch.no_grad():
        network[0].weight.add_(1)
    model.average.update_parameters(network)
    torch.testing.assert_close(model.average.module[0].weight, first + 0.5)


def test_feature_maps_alone_go_channels_last(network):
    model, other = Averaged(network), deepcopy(network)
    ChannelsLastHook(weights=False).before_train(SimpleNamespace(model=model))
    assert network[0].weight.is_contiguous()
    image = torch.rand(2, 3, 8, 8)
    output = network[0](image)
    assert output.is_contiguous(memory_format=torch.channels_last)
    assert not output.is_contiguous()
    torch.testing.assert_close(output, other[0](image))
