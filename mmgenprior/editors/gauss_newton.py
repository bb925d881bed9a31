"""GaussNewton: seconds to the optimum, one setting for all tasks, and what is left uncertain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from deepinv.physics import LinearPhysics
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.degradations import coarse_share, flat_gain
from mmgenprior.editors.gan_inversion import GANInversion
from mmgenprior.editors.presets import changed_stages, squared_error
from mmgenprior.editors.restoration_editor import Restoration
from mmgenprior.editors.uncertainty import uncertainty_fields
from mmgenprior.inversion import GivenStart, Inversion
from mmgenprior.inversion.divergence import worst
from mmgenprior.inversion.pixel_uncertainty import calibration_factors, edge_weights, pixel_variance
from mmgenprior.inversion.posterior import LaplacePosterior, laplace
from mmgenprior.inversion.step import Problem
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils import sample_generator
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.limits import NonNegativeInt

_CLASSICAL = dict(type='TotalVariation', iterations=30)
# κ: φ/(1 + κs²/σ²) where noise is too faint to hide s², what the generator cannot draw.
_MISFIT = 2.0


def gauss_newton_stages() -> list[dict[str, Any]]:
    """Of the latent ``descent`` and ``latent``; then ``features``, ``adapted``; ``sampled``."""
    # 4 grey levels: closer to an exact measurement only back-projection goes.
    rule = dict(discrepancy=0.97, floor=4 / 255, check_every=10)
    weights = dict(latent_lr=1e-4, weight_lr=1e-4, early_stop=rule)
    features = dict(cut=1, lr=2e-2, ball='l2', radius=0.3)
    return [
        # Far from the optimum σ_eff falls fast, and a Jacobian is stale when it is paid for.
        dict(name='descent', iterations=60, optimizer=dict(type='LBFGS', memory=20)),
        dict(name='latent', iterations=1, optimizer=dict(type='LevenbergMarquardt')),
        dict(name='features', iterations=20, latent_lr=0.0, features=features, early_stop=rule),
        dict(name='adapted', iterations=200, **weights),
        dict(name='sampled', iterations=200, **weights),
    ]


def _possible(stages: Sequence[dict[str, Any]], prior: nn.Module) -> list[dict[str, Any]]:
    """What of an adaptation a generator allows that cannot be cut, or has no weights."""
    if not prior.can_be_cut:
        stages = [stage for stage in stages if not stage.get('features')]
    if not prior.block_names:
        stages = [{**stage, 'weight_lr': None} for stage in stages]
    return list(stages)


@MODELS.register_module()
class GaussNewton(GANInversion):
    """The MAP latent by Levenberg-Marquardt, its posterior, and a short adaptation of each sample.

    1. ``descent``, by L-BFGS, and ``latent``, by Levenberg-Marquardt: argmin over z of
       −log p(y | z) − log p(z), whose noise level is the measurement's or, where the generator
       explains less, that of the residual: no weight is left to tune
       (:class:`mmgenprior.inversion.LikelihoodTerm`).
    2. The Laplace posterior of z there, and ``samples`` draws from it.
    3. From the optimum the ``features`` behind the first block, within a ball (ILO), then the
       weights behind them (``adapted``): the smaller error. From every draw latents and weights
       together, as IAGAN does (``sampled``): the better looks. All stop where ‖A x̂ − y‖²/m falls
       to the noise, or to 4 grey levels. A generator that cannot be cut leaves ``features`` out,
       one that has no weights moves the latent in their place.
    4. Where the measurement is exact, back-projection: it is kept exactly.
    5. The mean of all of them is fused with a classical estimate, which knows no faces but errs in
       other places: φ·E_z[x] + (1 − φ)·x_TV (BIGPrior, El Helou and Süsstrunk 2022, Eq. 4). φ is a
       map: ``phi`` where the measurement tells the coarse content, 1 where it tells nothing near
       (:func:`mmgenprior.degradations.coarse_share`). Of a noisy measurement it is less where
       the generator, adapted, still leaves more than the noise unexplained. Where only luminance is
       known, the grey picture takes the place of total variation, which would give all contrast
       to the channel that luminance weighs most, green.

    Variants: ``latent``, ``sample`` (a draw: most like a photograph), the classical estimate under
    its own name (``TV``, ``grey``) and ``mean`` (least error), the result. How sure the mean is, is
    told by fields of the output, see
    :func:`mmgenprior.editors.uncertainty.uncertainty_fields`: ``std`` (1×H×W), ``deviation``, and
    ``interval_50``, ``interval_90``, ``interval_95``; of several draws ``samples`` holds all,
    samples×3×H×W.

    Args:
        prior: Config of the prior, or its name in the zoo.
        stages: Changes of the stages, see :func:`.presets.changed_stages`.
        samples: Draws from the posterior; 0 adapts the optimum alone, and knows no deviation.
        fidelity: Config of an editor, the classical estimate; None leaves the fusion out, as does a
            measurement that is not linear.
        phi: φ, the share of the prior where the coarse content is measured, in [0, 1].
        calibration: Factors of the 50, 90 and 95 % intervals, or one for all: what makes them hold
            as many pixels as they say (``mmgenprior calibrate``).
        **kwargs: See :class:`~mmgenprior.editors.gan_inversion.GANInversion`.

    Raises:
        UserError: If ``samples`` is negative, ``phi`` not in [0, 1], or ``calibration`` not
            positive.
    """

    def __init__(
        self,
        prior: str | dict,
        stages: Sequence[dict] | Mapping[str, dict] | None = None,
        samples: NonNegativeInt = 1,
        fidelity: Mapping[str, Any] | None = _CLASSICAL,
        phi: float = 0.45,
        calibration: float | Sequence[float] = 1.0,
        **kwargs,
    ) -> None:
        if samples < 0:
            raise UserError(f'GaussNewton: samples={samples} must not be negative')
        if not 0 <= phi <= 1:
            raise UserError(f'GaussNewton: phi={phi} must lie in [0, 1]')
        stages = changed_stages('GaussNewton', gauss_newton_stages(), stages)
        kwargs.setdefault('main', 'mean')
        lanes = {name: kwargs.get(name) for name in ('lanes', 'weight_lanes')}
        super().__init__(
            prior,
            stages=stages[:2],
            objective=[
                dict(type='LikelihoodTerm'),
                dict(type='LatentNormTerm', reduction='sum'),
            ],
            **kwargs,
        )
        adapting, sampling = (_possible(part, self.prior) for part in (stages[2:4], stages[4:]))
        self.adaptation = Inversion(self.prior, adapting, objective=squared_error(), **lanes)
        self.sampling = Inversion(self.prior, sampling, objective=squared_error(), **lanes)
        self.samples = int(samples)
        self.fidelity = fidelity and MODELS.build({'seed': self.seed, **fidelity})
        self.phi = float(phi)
        self._coarse: tuple[tuple, Tensor] | None = None
        self.calibration = calibration_factors(calibration)

    @property
    def work_per_image(self) -> int:
        """See :meth:`RestorationEditor.work_per_image`."""
        drawn = self.sampling.work_per_image * self.samples
        return super().work_per_image + self.adaptation.work_per_image + drawn

    def restore(self, batch: MeasurementBatch) -> Restoration:
        """See :meth:`RestorationEditor.restore`."""
        self.check_size(batch)
        searched = self.inversion(batch, self.seed, self.callback)
        found = searched.final
        best, of_best = self._adapted(self.adaptation, batch, found.latents)
        marks = [searched.marks, of_best]
        variants = dict(latent=self._exact(found.image, batch), sample=best)
        mean = best
        if self.samples:
            draws, posteriors = self._draws(batch, found.latents)
            rows = [i for i in range(len(batch)) for _ in range(self.samples)]
            drawn, of_draws = self._adapted(self.sampling, batch.take(rows), draws)
            marks += [of_draws[i :: self.samples] for i in range(self.samples)]
            drawn = drawn.unflatten(0, (-1, self.samples))
            variants['sample'] = drawn[:, 0]
            mean = torch.cat([best[:, None], drawn], 1).mean(1)
        classical = self._classical(batch)
        variants.update(classical)
        for estimate in classical.values():
            mean = self._exact(self._fused(mean, estimate, batch), batch)
        variants['mean'] = mean
        extras: dict[str, Tensor] = {}
        if self.samples:
            variance = self._variance(batch, found.latents, posteriors, variants['mean'])
            extras = uncertainty_fields(variants['mean'], variance, self.calibration)
        if self.samples > 1:
            extras['samples'] = drawn
        return Restoration(
            variants,
            objective=found.objective,
            trace=torch.cat([stage.trace for stage in searched.stages.values()]),
            extras=extras,
            marks=worst(marks),
        )

    def _classical(self, batch: MeasurementBatch) -> dict[str, Tensor]:
        """The classical estimate under its name, or nothing."""
        if self.fidelity is None or not isinstance(batch.bound().physics, LinearPhysics):
            return {}
        grey = _grey(batch)
        if grey is not None:
            return dict(grey=self._exact(grey, batch))
        self.fidelity.callback = self.callback
        name, image = next(iter(self.fidelity.restore(batch).variants.items()))
        return {name: self._exact(image, batch)}

    def _fused(self, mean: Tensor, estimate: Tensor, batch: MeasurementBatch) -> Tensor:
        """φ·mean + (1 − φ)·estimate."""
        bound = batch.bound()
        variance = bound.noise_level(batch.y).square()
        beyond = bound.misfit(bound.predict(mean), batch.y) / variance.clamp(min=1e-12) - 1
        beyond = torch.where(variance > 0, beyond.clamp(min=0), 0.0)
        phi = self.phi / (1 + _MISFIT * beyond)
        # Of the run, not of the sample: an operator without masks has one map for all of them.
        stream = sample_generator(self.seed, '', 'coarse share')
        fixed = set(batch.params) <= {'sigma'}
        key = (batch.degradation, batch.image_shape, mean.device)
        if not fixed or self._coarse is None or self._coarse[0] != key:
            self._coarse = key, coarse_share(bound, mean, stream)
        weight = (1 - phi).view(-1, 1, 1, 1) * self._coarse[1]
        return torch.lerp(mean, estimate, weight.expand_as(mean))

    def _adapted(
        self, inversion: Inversion, batch: MeasurementBatch, latents: dict[str, Tensor]
    ) -> tuple[Tensor, Sequence[str]]:
        """What an adaptation makes of latents, one per sample of the batch, and its marks."""
        inversion.start = GivenStart(latents)
        result = inversion(batch, self.seed, self.callback)
        return self._exact(result.final.image, batch), result.marks

    def _draws(
        self, batch: MeasurementBatch, latents: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], list[LaplacePosterior]]:
        """Draws from the posterior of every sample, name → (B·samples)×...; and it."""
        draws, posteriors = [], []
        for i, key in enumerate(batch.keys):
            one = batch.take([i])
            problem = Problem(self.prior, one.bound(), one.y, self.inversion.objective)
            optimum = {name: value[i : i + 1] for name, value in latents.items()}
            posterior = laplace(problem, self.inversion.stages[-1], optimum)
            stream = sample_generator(self.seed, key, 'posterior')
            drawn = posterior.draw([stream], self.samples)
            rest = {k: v.expand(self.samples, *v.shape[1:]) for k, v in optimum.items()}
            draws.append({**rest, **drawn})
            posteriors.append(posterior)
        return {name: torch.cat([d[name] for d in draws]) for name in latents}, posteriors

    def _variance(
        self,
        batch: MeasurementBatch,
        latents: dict[str, Tensor],
        posteriors: Sequence[LaplacePosterior],
        mean: Tensor,
    ) -> Tensor:
        """Of every value of the mean, B×3×H×W, image by image."""
        found = []
        for i, posterior in enumerate(posteriors):
            optimum = {name: value[i : i + 1] for name, value in latents.items()}
            weights = edge_weights(mean[i : i + 1].clamp(0, 1))
            found.append(
                pixel_variance(
                    self.prior, batch.take([i]), optimum, posterior, weights, seed=self.seed
                )
            )
        return torch.cat(found)

    @staticmethod
    @torch.no_grad()
    def _exact(image: Tensor, batch: MeasurementBatch) -> Tensor:
        """The image that measures y exactly, where y has no noise and A an inverse."""
        bound = batch.bound()
        if bound.noise is not None or not bound.has_inverse:
            return image
        return bound.back_project(image, batch.y)


def _grey(batch: MeasurementBatch) -> Tensor | None:
    """The measurement as a picture without colour, where that is what it is, exactly."""
    bound, y = batch.bound(), batch.y
    # All of it is told by the operator: the samples of a batch do not decide for one another.
    if y.shape[1:] != (1, *batch.image_shape[1:]) or batch.degradation.noise is not None:
        return None
    # The usual weights of luminance add up to 0.9999.
    if bool((flat_gain(bound, y) - 1).abs().max() > 1e-3):
        return None
    return (y + bound.centre).expand(-1, *batch.image_shape)
