"""Both sides of every comparison by the step: one search by the engine, one plain loop an image.

Where no weights are at hand they are random, of the true sizes: a step costs the same. All of it
is drawn from the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmgenprior.benchmark.passes import module_of_block
from mmgenprior.benchmark.pictures import degraded, toy_faces
from mmgenprior.benchmark.plain_csgm import PlainCSGM
from mmgenprior.benchmark.plain_dgp import PlainCandidates, PlainDGP
from mmgenprior.benchmark.plain_iagan import PlainIAGAN
from mmgenprior.benchmark.plain_loop import PlainLoop
from mmgenprior.benchmark.plain_mganprior import PlainMultiCode
from mmgenprior.editors import CSGM, DGP, IAGAN, MGANPrior
from mmgenprior.inversion import CandidatesStart, GivenStart, Inversion, PerceptualFeaturesTerm
from mmgenprior.priors.discriminators import Discriminator
from mmgenprior.priors.zoo import build_prior, prior_config
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils import sample_generator
from mmgenprior.weights.catalogue import find_entry

_BICUBIC4 = dict(centre=0.5, physics=dict(type='BicubicDownsampling', factor=4), noise=None)
_BICUBIC16 = dict(centre=0.5, physics=dict(type='BicubicDownsampling', factor=16), noise=None)
_BILINEAR4 = dict(centre=0.5, physics=dict(type='BilinearDownsampling', factor=4), noise=None)
_LANCZOS4 = dict(centre=0.5, physics=dict(type='PILLanczosDownsampling', factor=4), noise=None)

_BEGAN64 = dict(type='BEGANPrior', generator=dict(type='BEGANGenerator', out_size=64))
_PGGAN1024 = prior_config('pggan_celebahq_1024', checkpoint=None)
_PGGAN256 = dict(
    type='PGGANPrior',
    generator=dict(type='PGGANGenerator', noise_size=512, out_scale=256, fused_upconv=False),
    channel_order='rgb',
    pixel_norm='official',
)
_BIGGAN128 = 'biggan_imagenet_128_official'
_AT_ONCE = 25  # candidates
# The first and the last row of the paper's table 9.
_DGP_ROWS = {
    1: dict(blocks=1, weight_lr=5e-5, latent_lr=2e-3),
    5: dict(blocks=5, weight_lr=1e-5, latent_lr=1e-5),
}


@dataclass
class StepSetting:
    """Two searches for the same images from the same start.

    Attributes:
        inversion: The engine's, one stage of as many iterations as are asked for, or a start that
            compares candidates and tells of each part of them.
        batch: What was measured.
        plain: A plain loop for every image.
        watched: Name → (the engine's module, the plain loops'), whose calls are counted.
        discriminator: What the engine's objective sees through, or None.
        at_once: Candidates that a step compares; 1 in a search.
    """

    inversion: Inversion
    batch: MeasurementBatch
    plain: list[PlainLoop]
    watched: dict[str, tuple[nn.Module, list[nn.Module]]]
    discriminator: Discriminator | None = None
    at_once: int = 1

    @property
    def is_start(self) -> bool:
        """Whether the search of a start is measured, not a stage."""
        return isinstance(self.inversion.start, CandidatesStart)

    def run(self, callback: Callable[..., None], seed: int = 0) -> None:
        """The engine's side; the callback is told as that of an :class:`Inversion`."""
        if self.is_start:
            self.inversion.start.start(self.inversion.prior, self.batch, seed, callback)
        else:
            self.inversion(self.batch, seed, callback)


@dataclass(frozen=True)
class Task:
    """What to measure.

    Attributes:
        device: Where.
        batch: Images at once.
        steps: Iterations of the engine.
        seed: Of everything that is drawn.
    """

    device: str = 'cpu'
    batch: int = 1
    steps: int = 10
    seed: int = 0


def _measured(prior: nn.Module, degradation: dict, task: Task) -> MeasurementBatch:
    pictures = toy_faces(task.batch, side=prior.image_shape[-1], seed=task.seed)
    return degraded(pictures, degradation, task.device)


def _starts(prior: nn.Module, batch: MeasurementBatch, seed: int) -> dict[str, Tensor]:
    draws = [prior.sample_latents(sample_generator(seed, key, 'latent')) for key in batch.keys]
    return {name: torch.stack([d[name] for d in draws]).to(batch.y) for name in draws[0]}


def _rows(values: dict[str, Tensor], count: int) -> list[dict[str, Tensor]]:
    return [{name: value[i : i + 1] for name, value in values.items()} for i in range(count)]


Builder = Callable[[Task], StepSetting]


def _adam(prior_of: str | dict, degradation: dict, adapt: bool, weight_lr: float = 1e-4) -> Builder:
    """CSGM, or IAGAN's own stage."""

    def build(task: Task) -> StepSetting:
        prior = build_prior(prior_of).to(task.device)
        batch = _measured(prior, degradation, task)
        start = _starts(prior, batch, task.seed)
        lanes = dict(lanes=task.batch, weight_lanes=task.batch)
        stage = dict(iterations=task.steps)
        if adapt:
            editor = IAGAN(prior, stages=dict(IAGAN=dict(stage, weight_lr=weight_lr)))
        else:
            editor = CSGM(prior, stages=[stage])
        stages, objective = editor.inversion.stages[-1:], editor.inversion.objective.terms
        inversion = Inversion(prior, stages, objective, GivenStart(start), **lanes)
        plain = []
        for i, own in enumerate(_rows(start, task.batch)):
            one = batch.take([i])
            if adapt:
                loop = PlainIAGAN(prior, one.bound(), one.y, own, weight_lr=weight_lr)
            else:
                loop = PlainCSGM(prior, one.bound(), one.y, own)
            plain.append(loop)
        watched = {'G': (module_of_block(prior, -1), [module_of_block(p.prior, -1) for p in plain])}
        return StepSetting(inversion, batch, plain, watched)

    return build


def _multi_code(prior_of: str | dict, layer: int, codes: int, adam: bool, vgg: bool) -> Builder:
    """MGANPrior; with Adam as the toy faces have it, else gradient descent as the paper."""

    def build(task: Task) -> StepSetting:
        stage = dict(iterations=task.steps, keep='best')
        rates = dict(z=0.05, alpha=0.01) if adam else 1.0
        if adam:
            stage.update(optimizer=dict(type='Adam'), latent_lr=rates)
        editor = MGANPrior(
            prior_of,
            layer=layer,
            codes=codes,
            stages=[stage],
            perceptual=dict(weight=1.0, weights=None) if vgg else None,
            lanes=task.batch,
        ).to(task.device)
        prior = editor.prior
        batch = _measured(prior, _BILINEAR4, task)
        start = _starts(prior, batch, task.seed)
        editor.inversion.start = GivenStart(start)
        editor.inversion.objective.prepare(batch.y, batch.bound())
        features = next(
            (t for t in editor.inversion.objective.terms if isinstance(t, PerceptualFeaturesTerm)),
            None,
        )
        optimizer = torch.optim.Adam if adam else torch.optim.SGD
        plain = []
        for i, own in enumerate(_rows(start, task.batch)):
            one = batch.take([i])
            loop = PlainMultiCode(prior, one.bound(), one.y, own, optimizer, rates, features)
            plain.append(loop)
        watched = {
            'G₁': (module_of_block(prior, 0), [module_of_block(p.multi, 0) for p in plain]),
            'G₂': (module_of_block(prior, -1), [module_of_block(p.multi, -1) for p in plain]),
        }
        if features is not None:
            watched['VGG'] = (features.network[0], [p.features.network[0] for p in plain])
        return StepSetting(editor.inversion, batch, plain, watched)

    return build


def _biggan(task: Task) -> tuple[nn.Module, Discriminator]:
    # Orthogonal weights, the default, take minutes.
    config = prior_config(_BIGGAN128, checkpoint=None, generator=dict(init_cfg=dict(type='N02')))
    prior = build_prior(dict(config, class_index=0)).to(task.device)
    network = Discriminator(
        dict(find_entry(_BIGGAN128).discriminator, init_cfg=dict(type='N02')),
        input_range=prior.output_range,
        channel_order=prior.channel_order,
    )
    return prior, network.to(task.device)


def _dgp_start(task: Task) -> StepSetting:
    """The 500 candidates of DGP, 25 at once, of which as many parts as there are steps."""
    at_once = _AT_ONCE
    prior, network = _biggan(task)
    batch = _measured(prior, _LANCZOS4, task)
    options = dict(candidates=task.steps * at_once, batch_size=at_once, latent_scale=0.3)
    term = dict(type='DiscriminatorFeaturesTerm', discriminator=network, features=3)
    start = CandidatesStart([term], **options)
    inversion = Inversion(prior, [dict(name='DGP', iterations=1)], start=start)
    plain = []
    for i, key in enumerate(batch.keys):
        drawn = start.draw(prior, sample_generator(task.seed, key, 'candidates'), None)
        drawn = {name: value.to(batch.y) for name, value in drawn.items()}
        one = batch.take([i])
        plain.append(PlainCandidates(prior, one.bound(), one.y, drawn, network, 3, at_once))
    return StepSetting(
        inversion, batch, plain, _watched_of_dgp(prior, network, plain), network, at_once
    )


def _dgp_stage(blocks: int) -> Builder:
    """One stage of DGP."""

    def build(task: Task) -> StepSetting:
        prior, network = _biggan(task)
        row = dict(_DGP_ROWS[blocks], features=8)
        batch = _measured(prior, _LANCZOS4, task)
        start = _starts(prior, batch, task.seed)
        editor = DGP(
            prior,
            [dict(row, iterations=task.steps, d_weight=1.0, mse_weight=1.0)],
            discriminator=network,
            start=dict(type='GivenStart', latents=start),
            weight_lanes=task.batch,
        )
        plain = []
        for i, own in enumerate(_rows(start, task.batch)):
            one = batch.take([i])
            plain.append(PlainDGP(prior, one.bound(), one.y, own, network, **row))
        return StepSetting(
            editor.inversion, batch, plain, _watched_of_dgp(prior, network, plain), network
        )

    return build


def _watched_of_dgp(prior: nn.Module, network: Discriminator, plain: Sequence[PlainLoop]) -> dict:
    def first(discriminator: Discriminator) -> nn.Module:
        return next(m for m in discriminator.modules() if isinstance(m, nn.Conv2d))

    return {
        'G': (module_of_block(prior, -1), [module_of_block(p.prior, -1) for p in plain]),
        'D': (first(network), [first(p.term.discriminator) for p in plain]),
    }


STEP_SETTINGS: dict[str, Builder] = {
    'step-dcgan64-csgm': _adam('dcgan_toyfaces', _BICUBIC4, adapt=False),
    'step-dcgan64-iagan': _adam('dcgan_toyfaces', _BICUBIC4, adapt=True),
    'step-began64-csgm': _adam(_BEGAN64, _BICUBIC4, adapt=False),
    'step-began64-iagan': _adam(_BEGAN64, _BICUBIC4, adapt=True),
    'step-pggan64-mganprior': _multi_code('pggan_toyfaces', 2, 10, adam=True, vgg=False),
    'step-pggan256-mganprior': _multi_code(_PGGAN256, 6, 20, adam=False, vgg=True),
    'step-biggan128-start': _dgp_start,
    'step-biggan128-dgp1': _dgp_stage(1),
    'step-biggan128-dgp5': _dgp_stage(5),
    'step-pggan1024-csgm': _adam(_PGGAN1024, _BICUBIC16, adapt=False),
    'step-pggan1024-iagan': _adam(_PGGAN1024, _BICUBIC16, adapt=True, weight_lr=1e-3),
}
