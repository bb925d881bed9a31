"""Seconds to the same quality, whole image, ours against the plain loop."""

from __future__ import annotations

import math
import statistics
from typing import Any

from torch import Tensor

from mmgenprior.benchmark.pictures import degraded
from mmgenprior.benchmark.search_settings import (
    FAMILIES,
    SEARCHES,
    Search,
    our_search,
    plain_steps,
)
from mmgenprior.benchmark.trajectory import Trajectory, of_inversion, of_plain


def psnr(image: Tensor, truth: Tensor) -> float:
    """Of pictures on [0, 1], clamped but not rounded, in dB."""
    error = (image.clamp(0, 1) - truth).double().square().mean().item()
    return math.inf if error == 0 else -10 * math.log10(error)


def compare(plain: Trajectory, ours: Trajectory, truth: Tensor) -> dict[str, Any]:
    """One image: how long each takes to where the plain loop ends.

    Returns:
        For each side ``seconds`` of the whole search, ``objective`` and ``psnr`` that it ends with,
        ``to_objective`` and ``to_psnr``: seconds to the level that the plain loop ends with, None
        if it is not reached. Judged is the image that is kept so far (lowest objective).
    """
    ends = {side: t.kept()[-1] for side, t in (('plain', plain), ('ours', ours))}
    objective = plain.objectives[ends['plain']]
    quality = psnr(plain.images[ends['plain']], truth)
    found = {}
    for side, search in (('plain', plain), ('ours', ours)):
        found[side] = dict(
            seconds=search.seconds[-1],
            objective=search.objectives[ends[side]],
            psnr=psnr(search.images[ends[side]], truth),
            to_objective=search.until(lambda i, s=search: s.objectives[i] <= objective),
            to_psnr=search.until(lambda i, s=search: psnr(s.images[i], truth) >= quality),
        )
    return found


def _ratio(above: float, below: float | None) -> float:
    return above / below if below else 0.0


def summary(images: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians over images; an image whose level ours never reaches counts as a ratio of 0.

    Returns:
        Per level ``whole``: what the plain loop takes in all ÷ what ours takes to the level, and
        ``first``: what the plain loop takes to the level for the first time ÷ the same; ``reached``
        counts images.
    """
    result: dict[str, Any] = {}
    for level in ('objective', 'psnr'):
        ours = [image['ours'][f'to_{level}'] for image in images]
        plain = [image['plain'] for image in images]
        result[level] = dict(
            whole=statistics.median(_ratio(p['seconds'], o) for p, o in zip(plain, ours)),
            first=statistics.median(_ratio(p[f'to_{level}'], o) for p, o in zip(plain, ours)),
            reached=sum(o is not None for o in ours),
        )
    for side in ('plain', 'ours'):
        for name in ('seconds', 'objective', 'psnr'):
            values = [image[side][name] for image in images]
            result[f'{side}_{name}'] = statistics.fmean(values)
    return result


def measure_quality(
    name: str,
    device: str = 'cpu',
    images: int = 4,
    seed: int = 0,
    divisor: int = 1,
    training: bool = False,
    search: Search | None = None,
) -> dict[str, Any]:
    """Measure one case, image by image, in turns.

    Args:
        name: ``'quality-<family>-<method>'``.
        device: Where.
        images: How many pictures.
        seed: Of the starts, which both sides share.
        divisor: Of all iterations, to see that it runs.
        training: Take pictures that settings may be chosen on.
        search: Other settings than the table's.

    Returns:
        :func:`summary`, and :func:`compare` of every image under ``images``.
    """
    family = FAMILIES[name.split('-')[1]]
    search = search or SEARCHES[name.split('-', 1)[1]]
    prior = family.prior().to(device)
    pictures = family.pictures(images, training)
    batch = degraded(pictures, family.degradation, device)
    # What is chosen or filled once is none of any search.
    of_inversion(our_search(search, prior, divisor=10**6), batch.take([0]), seed)
    of_plain(plain_steps(search, prior, batch.take([0]), seed, divisor=10**6), device)
    found = []
    for i, truth in enumerate(pictures.images):
        one = batch.take([i])
        plain = of_plain(plain_steps(search, prior, one, seed, divisor), device)
        ours = of_inversion(our_search(search, prior, divisor), one, seed)
        found.append(dict(key=pictures.keys[i], **compare(plain, ours, truth)))
    return dict(case=name, device=device, **summary(found), images=found)
