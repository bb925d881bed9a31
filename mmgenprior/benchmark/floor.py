"""What no program goes below: the arithmetic that a step needs, at the speed of its kernels alone.

The graph is the one that the search cannot do without: frozen weights want no gradient, targets are
constants, and so are the spectral norms of weights that rest. Every convolution and product of
matrices in it, forward and backward, is noted with its shapes and run alone. They are those of the
networks as they are defined: a search that folds two of them into one needs less.
"""

from __future__ import annotations

import contextlib
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from mmgenprior.benchmark.clock import seconds
from mmgenprior.benchmark.step_settings import StepSetting
from mmgenprior.benchmark.stock_layers import stock_layers
from mmgenprior.inversion import Estimate
from mmgenprior.inversion.iterate import Iterate
from mmgenprior.inversion.solver import begin
from mmgenprior.inversion.step import Problem, evaluate

# One kernel is run this often at least, and for this long.
_RUNS = 3
_SECONDS = 0.1
_MOST_RUNS = 200


@dataclass
class Floor:
    """Of a step, per image.

    Attributes:
        flops: Floating-point operations; a multiplication with its addition is two.
        seconds: What its kernels take alone.
    """

    flops: float
    seconds: float


@dataclass(frozen=True)
class _Shape:
    """A tensor without its numbers."""

    size: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device

    def filled(self) -> Tensor:
        """A tensor of this kind with some numbers."""
        last = sum((n - 1) * step for n, step in zip(self.size, self.stride))
        numbers = torch.randn(last + 1, dtype=self.dtype, device=self.device)
        return numbers.as_strided(self.size, self.stride)


class _Kernels(TorchDispatchMode):
    """Notes the convolutions and products of matrices that run, by their shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter = Counter()
        self._calls: dict[str, tuple[Any, tuple, dict]] = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):  # noqa: D105
        kwargs = kwargs or {}
        if function._overloadpacket in flop_registry:
            shapes = tree_map(_shape_of, (args, kwargs))
            key = f'{function} {shapes}'
            self.found[key] += 1
            self._calls[key] = (function, *shapes)
        return function(*args, **kwargs)

    def calls(self) -> Iterator[tuple[Any, tuple, dict, int]]:
        """Every distinct kernel and how often it ran."""
        for key, count in self.found.items():
            yield *self._calls[key], count


def _shape_of(value: Any) -> Any:
    if isinstance(value, Tensor):
        return _Shape(tuple(value.shape), value.stride(), value.dtype, value.device)
    return value


def _filled(value: Any) -> Any:
    return value.filled() if isinstance(value, _Shape) else value


@torch.no_grad()
def _seconds_alone(function: Any, args: tuple, kwargs: dict, device: str) -> float:
    """Median time of one kernel, on numbers of its own."""
    args, kwargs = tree_map(_filled, (args, kwargs))
    function(*args, **kwargs)
    times: list[float] = []
    while len(times) < _RUNS or (sum(times) < _SECONDS and len(times) < _MOST_RUNS):
        begin_at = seconds(device)
        function(*args, **kwargs)
        times.append(seconds(device) - begin_at)
    return statistics.median(times)


@contextlib.contextmanager
def resting_norms(network: nn.Module, moved: set[str]) -> Iterator[None]:
    """Make constants of the spectrally normalised weights that are not moved.

    Args:
        network: A network with MMagic's spectral norms, or without any.
        moved: Names of the parameters that a search moves.
    """
    resting = [
        module
        for name, module in network.named_modules()
        if hasattr(module, 'sn_weight') and f'{name}.weight' not in moved
    ]
    for module in resting:
        with torch.no_grad():
            module.sn_weight = _constantly(module.sn_weight().detach())
    try:
        yield
    finally:
        for module in resting:
            del module.sn_weight


def _constantly(value: Tensor):
    return lambda: value


def needed_pass(setting: StepSetting) -> tuple[FlopCounterMode, _Kernels]:
    """Run forward and backward of one step as far as it is needed, and note what runs.

    Samples with weights of their own have no kernel in common, so one of them is run.
    """
    prior, batch = setting.inversion.prior, setting.batch
    counter, kernels = FlopCounterMode(display=False), _Kernels()
    if setting.is_start:
        start = setting.inversion.start
        latents = {k: v[: setting.at_once] for k, v in setting.plain[0].candidates.items()}
        one = batch.take([0])
        with _as_defined(setting, set()):
            # The features of the measurement are constants: they are not in the count.
            targets = start.objective.prepare(one.y, one.bound())
            with torch.no_grad(), counter, kernels:
                image = prior(latents)
                start.objective(Estimate(image, one.bound().predict(image), latents), targets)
        return counter, kernels
    stage = setting.inversion.stages[-1]
    if stage.has_own_weights:
        batch = batch.take([0])
    problem = Problem(prior, batch.bound(), batch.y, setting.inversion.objective)
    first = setting.inversion.start.start(prior, setting.batch, 0)
    state = begin(problem, stage, Iterate(first).take(slice(0, len(batch))))
    with (
        _as_defined(setting, set(state.iterate.weights)),
        torch.enable_grad(),
        counter,
        kernels,
    ):
        # The counter cannot follow torch.autograd.grad; the iterate is a copy of its own.
        evaluate(state).value.sum().backward()
    return counter, kernels


@contextlib.contextmanager
def _as_defined(setting: StepSetting, moved: set[str]) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for network, names in ((setting.inversion.prior, moved), (setting.discriminator, set())):
            if network is not None:
                stack.enter_context(stock_layers(network))
                stack.enter_context(resting_norms(network, names))
        yield


def floor_of(setting: StepSetting, device: str) -> Floor:
    """The floor of a step, per image (or candidate)."""
    counter, kernels = needed_pass(setting)
    total = sum(
        count * _seconds_alone(function, args, kwargs, device)
        for function, args, kwargs, count in kernels.calls()
    )
    images = setting.at_once
    if not setting.is_start and not setting.inversion.stages[-1].has_own_weights:
        images *= len(setting.batch)
    return Floor(counter.get_total_flops() / images, total / images)
