"""How many samples are evaluated at once, and what happens where they do not fit the memory."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Hashable
from typing import TypeVar

import torch
from mmengine.logging import print_log

from mmgenprior.utils.errors import UserError

T = TypeVar('T')

# On accelerators that do not tell what they have free: fills one with images of 64×64.
_UNMEASURED = 16
# As many as eight pictures of 64×64 have. Larger pictures at once would cost memory, and what they
# would gain was not measured.
_PIXELS_TOGETHER = 8 * 64 * 64
# Share of the free memory that is planned with; blocks of the allocator do not fit without gaps.
_SHARE = 0.8


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a device, or the CPU, has no memory left."""
    if isinstance(error, torch.cuda.OutOfMemoryError):  # of every device; its name since torch 2.0
        return True
    # PyTorch has no class of its own for the CPU.
    text = str(error)
    return isinstance(error, RuntimeError) and (
        'DefaultCPUAllocator' in text or 'not enough memory' in text
    )


def in_lanes(
    count: int, lanes: int, run: Callable[[slice, int], T], what: str, remedy: str
) -> tuple[list[T], int]:
    """Work on samples part by part; out of memory halves the parts, and nothing is lost.

    Args:
        count: Samples.
        lanes: How many a part has at most.
        run: Does one part, given its slice and the lanes of now. A part that does not fit is run
            again from its start, in parts of half its size; it must not change what it begins from.
        what: What is under way, for messages.
        remedy: What a user can do when a single sample does not fit.

    Returns:
        The results of consecutive parts, and with how many lanes it ended.

    Raises:
        UserError: If a single sample does not fit.
    """
    parts: list[T] = []
    begin = 0
    while begin < count:
        part = slice(begin, min(begin + lanes, count))
        reason = None
        try:
            parts.append(run(part, lanes))
            begin = part.stop
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            # The text alone: the error itself would keep alive what filled the memory.
            reason = str(error).split('\n', 1)[0]
        if reason is None:
            continue
        _release()
        size = part.stop - part.start
        if size == 1:
            raise UserError(
                f'{what}: a single sample does not fit the memory ({reason}): {remedy}'
            ) from None
        lanes = size // 2
        print_log(
            f'{what}: out of memory with {size} samples at once, going on with {lanes}',
            'current',
            logging.WARNING,
        )
    return parts, lanes


def _release() -> None:
    """Give cached memory back, that of unreachable cycles included."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def lanes_that_fit(measure: Callable[[int], tuple[int, int]], free: int, count: int) -> int:
    """How many samples fit, from what one and two of them need.

    Two measurements tell what every sample needs from what is needed once, such as workspaces.

    Args:
        measure: Samples → (peak, what the result of one keeps), in bytes above what was in use
            before; an out-of-memory error where they do not fit.
        free: Bytes that are free.
        count: Samples whose results are kept.

    Returns:
        A power of two, 1 at least: a little more or less free memory seldom changes it, and
        with it the rounding.
    """
    first = _bytes(measure, 1)
    second = _bytes(measure, 2) if first else None
    if first is None or second is None:
        return 1
    each = max(second[0] - first[0], 1)
    budget = int(_SHARE * free) - first[1] * count
    fitting = 1 + max(budget - first[0], 0) // each
    return 1 << (fitting.bit_length() - 1)


def _bytes(measure: Callable[[int], tuple[int, int]], samples: int) -> tuple[int, int] | None:
    try:
        return measure(samples)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    _release()
    return None


def restarts_together(restarts: int, pixels: int) -> int:
    """How many restarts of an image a CPU evaluates at once: a divisor of all of them.

    Their number hangs on no other image, and neither does then the rounding.

    Args:
        restarts: Of every image.
        pixels: Of a picture, H·W.
    """
    most = max(_PIXELS_TOGETHER // pixels, 1)
    return max(n for n in range(1, restarts + 1) if restarts % n == 0 and n <= most)


class Lanes:
    """Chooses how many samples a stage evaluates at once, and remembers what did not fit.

    Args:
        lanes: For all stages; None is on the CPU, whose kernels round a sample differently in
            another batch, one image's, what fits the free memory on a CUDA device, and 16
            elsewhere.
        weight_lanes: For stages that give every image weights of its own; ``lanes`` by default.

    Raises:
        ValueError: If a number is below 1.
    """

    def __init__(self, lanes: int | None = None, weight_lanes: int | None = None) -> None:
        for name, value in dict(lanes=lanes, weight_lanes=weight_lanes).items():
            if value is not None and value < 1:
                raise ValueError(f'{name} must be at least 1, got {value}')
        self.lanes = lanes
        self.weight_lanes = weight_lanes
        self._known: dict[Hashable, int] = {}

    def of(
        self,
        key: Hashable,
        own_weights: bool,
        device: torch.device,
        count: int,
        trial: Callable[[int], object],
        together: int = 1,
    ) -> int:
        """The lanes to begin a stage with.

        Args:
            key: What the need of memory depends on; what did not fit is remembered under it.
            own_weights: Whether every sample has weights of its own.
            device: Where the search runs.
            count: Samples.
            trial: Runs the first steps of that many samples, and returns the results.
            together: Samples of one image that a CPU evaluates at once.
        """
        if key not in self._known:
            chosen = (self.weight_lanes if own_weights else None) or self.lanes
            if not chosen and device.type == 'cuda' and count > 1:
                chosen = self._known[key] = _measured(device, count, trial)
            return chosen or (together if device.type == 'cpu' else _UNMEASURED)
        return self._known[key]

    def one_image_at_once(self, device: torch.device) -> bool:
        """Whether no stage evaluates samples of different images together."""
        if self.lanes is None and self.weight_lanes is None:
            return device.type == 'cpu'
        return self.lanes == 1 and self.weight_lanes in (1, None)

    def fell_to(self, key: Hashable, lanes: int) -> None:
        """Begin with so many the next time."""
        self._known[key] = lanes


def _measured(device: torch.device, count: int, trial: Callable[[int], object]) -> int:
    """What fits a CUDA device. The card's own numbers are read; not tested on a card yet."""

    def measure(samples: int) -> tuple[int, int]:
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        result = trial(samples)
        torch.cuda.synchronize(device)
        peak = torch.cuda.max_memory_allocated(device) - before
        kept = torch.cuda.memory_allocated(device) - before
        del result
        return peak, max(kept, 0) // samples

    torch.cuda.empty_cache()
    free = torch.cuda.mem_get_info(device)[0]
    lanes = lanes_that_fit(measure, free, count)
    print_log(f'{lanes} samples at once on {device}, from its free memory', 'current')
    return lanes
