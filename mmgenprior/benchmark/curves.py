"""Quality against seconds, the mean over images, of several searches from one start each."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from os import PathLike
from typing import Any

import torch
from torch import Tensor

from mmgenprior.benchmark.pictures import degraded
from mmgenprior.benchmark.quality import psnr
from mmgenprior.benchmark.search_settings import FAMILIES, curve_searches
from mmgenprior.benchmark.trajectory import Trajectory, of_inversion
from mmgenprior.evaluation.lpips_metric import load_lpips

_POINTS = 24
Measure = Callable[[Tensor, Tensor], float]


def lpips_measure(weights: str | PathLike) -> Measure:
    """LPIPS of pictures 3×H×W on [0, 1], clamped, with AlexNet.

    Args:
        weights: File of its backbone.

    Raises:
        MetricUnavailable: If the weights cannot be had or are others.
    """
    network = load_lpips('alex', weights)

    @torch.no_grad()
    def measure(image: Tensor, truth: Tensor) -> float:
        return network(image.clamp(0, 1)[None] * 2 - 1, truth[None] * 2 - 1).item()

    return measure


def curve(
    searches: list[Trajectory], truths: Tensor, measures: dict[str, Measure]
) -> dict[str, list[float]]:
    """One search on several images: at some moments the mean quality of what is kept.

    Args:
        searches: One for each image.
        truths: B×3×H×W.
        measures: Name → (image, truth) → number.

    Returns:
        ``seconds``, from when every image has one, in steps of equal ratio; and every measure.
    """
    first = max(t.seconds[0] for t in searches)
    last = max(t.seconds[-1] for t in searches)
    ratio = (last / first) ** (1 / (_POINTS - 1))
    moments = [first * ratio**i for i in range(_POINTS - 1)] + [last]
    known: dict[tuple[int, int, str], float] = {}

    def value(number: int, kept: int, name: str) -> float:
        key = (number, kept, name)
        if key not in known:
            known[key] = measures[name](searches[number].images[kept], truths[number])
        return known[key]

    found: dict[str, list[float]] = dict(seconds=moments)
    for name in measures:
        found[name] = [
            statistics.fmean(value(n, t.at(moment), name) for n, t in enumerate(searches))
            for moment in moments
        ]
    return found


def measure_curves(
    name: str,
    device: str = 'cpu',
    images: int = 4,
    seed: int = 0,
    divisor: int = 1,
    lpips: str | PathLike | None = None,
) -> dict[str, Any]:
    """Measure one case: every image by every search, which take turns in going first.

    Args:
        name: ``'curves-<family>'``.
        device: Where the searches run.
        images: How many pictures.
        seed: Of the starts.
        divisor: Of all iterations, to see that it runs.
        lpips: Weights of the backbone of LPIPS; None leaves it out.

    Returns:
        ``curves``: name of the search → :func:`curve`; and ``iterations`` of each.
    """
    family_name = name.split('-')[1]
    family = FAMILIES[family_name]
    prior = family.prior().to(device)
    pictures = family.pictures(images, False)
    batch = degraded(pictures, family.degradation, device)
    searches = curve_searches(family_name, prior, divisor)
    measures: dict[str, Measure] = dict(PSNR=psnr)
    if lpips is not None:
        measures['LPIPS'] = lpips_measure(lpips)
    # What is chosen, read or filled once is none of any search.
    for inversion in curve_searches(family_name, prior, divisor=10**6).values():
        of_inversion(inversion, batch.take([0]), seed)
    found: dict[str, list[Trajectory]] = {name: [] for name in searches}
    names = list(searches)
    for i in range(len(pictures)):
        for label in names[i % len(names) :] + names[: i % len(names)]:
            found[label].append(of_inversion(searches[label], batch.take([i]), seed))
    return dict(
        case=name,
        device=device,
        images=len(pictures),
        iterations={n: s.stages[0].iterations for n, s in searches.items()},
        curves={n: curve(t, pictures.images, measures) for n, t in found.items()},
    )
