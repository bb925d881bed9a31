"""Whole searches: what the plain loops run, and what we would run in their place.

The fast settings were chosen on toy faces of the training split that no generator has seen, and for
the BEGAN on pictures that it draws itself; none was chosen on what is reported.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmgenprior.benchmark.pictures import Pictures, photographs, toy_faces
from mmgenprior.benchmark.plain_csgm import PlainCSGM
from mmgenprior.benchmark.plain_iagan import PlainIAGAN
from mmgenprior.benchmark.plain_loop import PlainLoop
from mmgenprior.benchmark.plain_mganprior import PlainMultiCode
from mmgenprior.editors.presets import squared_error
from mmgenprior.inversion import EncoderStart, Inversion, RandomStart, Start
from mmgenprior.priors import MultiCodePrior
from mmgenprior.priors.zoo import build_prior
from mmgenprior.structures import MeasurementBatch

BICUBIC4 = dict(centre=0.5, physics=dict(type='BicubicDownsampling', factor=4), noise=None)
BILINEAR4 = dict(centre=0.5, physics=dict(type='BilinearDownsampling', factor=4), noise=None)

Steps = Iterator[tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Family:
    """A generator and what it can restore.

    Attributes:
        prior: Makes the prior.
        pictures: (count, of the training split) → ground truth.
        degradation: What is measured.
    """

    prior: Callable[[], nn.Module]
    pictures: Callable[[int, bool], Pictures]
    degradation: dict[str, Any]


def _began64() -> nn.Module:
    file = Path(os.environ.get('MGP_PRIOR_ROOT', 'checkpoints')) / 'began_celeba64.pth'
    config = dict(type='BEGANPrior', generator=dict(type='BEGANGenerator', out_size=64))
    return build_prior(dict(config, checkpoint=str(file)))


def _real_faces(count: int, training: bool) -> Pictures:
    """Real faces; for training what the BEGAN draws itself, as there are no others."""
    if not training:
        return photographs(Path(os.environ.get('MGP_DATA_ROOT', 'data')) / 'faces64', count)
    prior = _began64()
    stream = torch.Generator().manual_seed(1)
    with torch.no_grad():
        z = torch.stack([prior.sample_latents(stream)['z'] for _ in range(count)])
        images = prior({'z': z}).clamp(0, 1)
    # Nothing that a generator restores is drawn by it exactly.
    images = (images + 0.02 * torch.randn(images.shape, generator=stream)).clamp(0, 1)
    return Pictures(images, [f'drawn-{i:03d}' for i in range(count)])


def _toy_faces(count: int, training: bool) -> Pictures:
    return toy_faces(count, training=training)


FAMILIES = {
    'dcgan64': Family(lambda: build_prior('dcgan_toyfaces'), _toy_faces, BICUBIC4),
    'began64': Family(_began64, _real_faces, BICUBIC4),
    'pggan64': Family(
        lambda: MultiCodePrior('pggan_toyfaces', layer=2, codes=10), _toy_faces, BILINEAR4
    ),
}


@dataclass(frozen=True)
class Search:
    """The plain search of a method and ours.

    Attributes:
        plain: Steps of one restart of the latent search.
        stages: Ours.
        start: Makes our start.
        restarts: Restarts of the plain search.
        adapt: Steps of its image-adaptive stage; 0 has none.
    """

    plain: int
    stages: list[dict[str, Any]]
    start: Callable[[], Start] = RandomStart
    restarts: int = 1
    adapt: int = 0


_LBFGS = dict(type='LBFGS', memory=20)
_CODES = dict(z=0.05, alpha=0.01)


def _latent(iterations: int, **optimizer: Any) -> dict[str, Any]:
    return dict(name='CSGM', iterations=iterations, optimizer=optimizer)


def _adapted(iterations: int) -> dict[str, Any]:
    return dict(name='IAGAN', iterations=iterations, latent_lr=1e-4, weight_lr=1e-4)


SEARCHES = {
    'dcgan64-csgm': Search(250, [_latent(60, **_LBFGS)], EncoderStart, restarts=3),
    'dcgan64-iagan': Search(
        250, [_latent(20, **_LBFGS), _adapted(150)], EncoderStart, restarts=3, adapt=150
    ),
    'began64-csgm': Search(800, [_latent(120, **_LBFGS)]),
    'began64-iagan': Search(800, [_latent(60, **_LBFGS), _adapted(300)], adapt=300),
    # Gradient steps first: L-BFGS alone ends at a lower objective, and at a worse picture.
    'pggan64-mganprior': Search(
        300,
        [
            dict(name='first', iterations=50, latent_lr=dict(z=0.05, alpha=0.02)),
            dict(_latent(150, **_LBFGS), latent_lr=dict(z=0.02, alpha=0.05)),
        ],
    ),
}


def shortened(stages: list[dict[str, Any]], divisor: int) -> list[dict[str, Any]]:
    """Stages of a fraction of their iterations, two at least."""
    return [dict(stage, iterations=max(2, stage['iterations'] // divisor)) for stage in stages]


def plain_steps(
    search: Search, prior: nn.Module, one: MeasurementBatch, seed: int, divisor: int = 1
) -> Steps:
    """The plain search of one image, step by step.

    Args:
        search: What is run.
        prior: The prior; the loops copy it.
        one: The measurement.
        seed: Of the starts, which are those of ours.
        divisor: Of the iterations.
    """
    starts = RandomStart(search.restarts).start(prior, one, seed)
    best: tuple[float, PlainLoop] | None = None
    for i in range(search.restarts):
        start = {name: value[i : i + 1].to(one.y) for name, value in starts.items()}
        loop = _latent_loop(prior, one, start)
        for _ in range(max(2, search.plain // divisor)):
            loss, image = loop.step()
            yield loss, image
        if best is None or float(loss) < best[0]:
            best = float(loss), loop
    if search.adapt:
        loop = PlainIAGAN(prior, one.bound(), one.y, best[1].latents)
        for _ in range(max(2, search.adapt // divisor)):
            yield loop.step()


def _latent_loop(prior: nn.Module, one: MeasurementBatch, start: dict[str, Tensor]) -> PlainLoop:
    if isinstance(prior, MultiCodePrior):
        return PlainMultiCode(prior, one.bound(), one.y, start, torch.optim.Adam, _CODES)
    return PlainCSGM(prior, one.bound(), one.y, start)


def our_search(search: Search, prior: nn.Module, divisor: int = 1) -> Inversion:
    """Ours of the same problem, with the same objective."""
    return Inversion(
        prior,
        shortened(search.stages, divisor),
        objective=squared_error(),
        start=search.start(),
    )


def curve_searches(family: str, prior: nn.Module, divisor: int = 1) -> dict[str, Inversion]:
    """The searches whose quality is drawn against seconds, by name, from one start each.

    An encoder is there for a prior of the package that has one.
    """
    adam, lbfgs, lm = dict(dcgan64=(400, 120, 40), began64=(800, 200, 60))[family]
    squares = dict(type='LevenbergMarquardt', refresh=3)
    searches = {
        'Adam': (dict(iterations=adam, latent_lr=0.1), RandomStart()),
        'L-BFGS': (dict(iterations=lbfgs, optimizer=_LBFGS), RandomStart()),
        'LM': (dict(iterations=lm, optimizer=squares), RandomStart()),
    }
    if family == 'dcgan64':
        searches['encoder + LM'] = (dict(iterations=lm, optimizer=squares), EncoderStart())
    return {
        name: Inversion(
            prior, shortened([dict(stage, name=name)], divisor), squared_error(), start=start
        )
        for name, (stage, start) in searches.items()
    }
