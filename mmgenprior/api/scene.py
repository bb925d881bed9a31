"""A photo between its own size and a prior's: what a prior measures of it, and what comes back."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmgenprior.api.kernels import kernel_in, spread_of
from mmgenprior.api.planning import Plan
from mmgenprior.api.squares import (
    CENTRE,
    fill,
    jpeg_error,
    measured,
    on_arrays,
    reduction,
)
from mmgenprior.damages import Damage, product
from mmgenprior.damages.kernels import Kernel
from mmgenprior.degradations import Degradation, get_degradation
from mmgenprior.photos import Placement, denoised, exact, merge
from mmgenprior.structures import Measurement

# A pixel of a reduced mask is known where this much of it is.
_KNOWN = 0.999
# A blur that is narrower than this, in pixels of the prior, is none for it.
_LEAST_BLUR = 0.35
# What a picture holds exactly, noise apart.
_EXACT = ('sr', 'hole', 'grey')
# Bytes are rounded: noise where an inverse would blow it up.
_ROUNDING = 1 / 255 / math.sqrt(12)
# RMS error of non-local means in units of σ: 0.27 to 0.70 over 8 photographs of 256 to 768 pixels a
# side, noise of 10 to 40 levels.
_LEFT_OF_NOISE = 0.4


@dataclass(frozen=True)
class Consistency:
    """How well a result explains its photo.

    Attributes:
        rms: Root mean square of A x̂ − y, on the scale of [0, 1]; over what the measurement holds
            and the restoration could change.
        allowed: What the noise leaves, on the same scale; 0 where the photo is exact.
    """

    rms: float
    allowed: float

    def __str__(self) -> str:
        allowed = f'its noise {self.allowed:.1e}' if self.allowed else 'it is exact'
        return f'what the photo tells is met to {self.rms:.1e} (RMS of A x̂ − y; {allowed})'


class Scene:
    """The photo of a plan, at the size of the result.

    Args:
        plan: See :func:`mmgenprior.api.planning.plan`.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.damage = plan.damage
        self.pixels = plan.photo.pixels.astype(np.float64)
        noise = self.damage.get('noise')
        self.sigma = 0.0 if noise is None or noise.value is None else float(noise.value) / 255
        if 'blur' in self.damage:
            self.sigma = max(self.sigma, _ROUNDING)

    # -- the whole photo as a measurement -------------------------------------------------

    @functools.cached_property
    def degradation(self) -> Degradation:
        """The operator of the whole photo, bound to its mask and noise."""
        params = {name: value[None] for name, value in self._params().items()}
        return get_degradation(self._config()).bind(params, (3, *self.plan.result_size))

    def _config(self) -> dict[str, Any]:
        config = self.damage.config()
        # The level differs from photo to photo, and from face to face.
        noise = dict(type='GaussianNoise', sigma=[0.0, 1.0]) if self.sigma else None
        return {**config, 'noise': noise}

    def _params(self) -> dict[str, Tensor]:
        params = {}
        if self.plan.known is not None:
            params['mask'] = torch.from_numpy(self.plan.known[None].astype(np.float32))
        if self.sigma:
            params['sigma'] = torch.tensor(self.sigma)
        return params

    @functools.cached_property
    def y(self) -> Tensor:
        """The photo as the operator measures, 1×C×h×w, float64, centred."""
        return measured(self.pixels, self.damage_kinds, self.plan.known)

    @property
    def damage_kinds(self) -> frozenset[str]:
        """Kinds of damage in the chain."""
        return frozenset(damage.kind for damage in self.damage.damages)

    @property
    def is_exact(self) -> bool:
        """Whether the photo holds what it measures without any error."""
        return bool(self.damage_kinds) and self.damage_kinds <= set(_EXACT) and not self.sigma

    def whole(self) -> Measurement:
        """The photo as one sample, of the prior's own size."""
        return Measurement(
            y=self.y[0].float(),
            degradation=self._config(),
            image_shape=(3, *self.plan.result_size),
            params=self._params(),
            key='0',
        )

    @torch.no_grad()
    def consistency(self, image: np.ndarray, changed: np.ndarray | None = None) -> Consistency:
        """How well a picture of the result's size explains the photo.

        Args:
            image: H×W×3, not clipped.
            changed: H×W bool, where it may differ from the photo; everywhere if left out.
        """
        x = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None].double()
        squares = (self.degradation.forward_operator(x) - self.y).square()
        counted = torch.ones_like(squares, dtype=torch.bool)
        observed = self.degradation.observed(self.y)
        if observed is not None:
            counted &= observed
        if changed is not None and changed.shape == squares.shape[2:] and changed.any():
            counted &= torch.from_numpy(changed)
        total = squares[counted]
        rms = float(total.mean().sqrt()) if total.numel() else 0.0
        return Consistency(rms, self._allowed())

    def _allowed(self) -> float:
        """Deviation of what the photo's numbers may be off by."""
        variance = self.sigma**2
        levels = self.damage.get('quantized')
        if levels is not None:
            variance += (1 / (levels.value - 1)) ** 2 / 12
        if 'jpeg' in self.damage:
            variance += jpeg_error(self.pixels, int(self.damage.get('jpeg').value)) ** 2
        return math.sqrt(variance)

    # -- a square of it -------------------------------------------------------------------

    def cut(self, index: int) -> Measurement:
        """What a prior is shown of a square of the photo.

        Args:
            index: Number of the placement.
        """
        square = self.plan.placements[index]
        factor, size = self.plan.factor, self.plan.size
        # Where it lies in the photo as it was given.
        low = Placement(
            (square.centre[0] / factor, square.centre[1] / factor),
            square.side / factor,
            square.angle,
            size,
        )
        times = reduction(low.side, size)
        side = size // times
        shown = low.cut(self._filled, side).astype(np.float64)
        known = low.inside(self.pixels.shape, side)
        if self.plan.known is not None:
            known = known & (low.cut(self.plan.known, side) >= _KNOWN)
        operators = self._operators(low, times, not known.all())
        sigma = self._sigma_of(low, side)
        physics = product(operators, 'blur' in self.damage)
        noise = dict(type='GaussianNoise', sigma=[0.0, 1.0]) if sigma else None
        params = {}
        if not known.all():
            params['mask'] = torch.from_numpy(known[None].astype(np.float32))
        if sigma:
            params['sigma'] = torch.tensor(sigma)
        kinds = self.damage_kinds & {'grey'}
        return Measurement(
            y=measured(shown, kinds, None if known.all() else known)[0].float(),
            degradation=dict(centre=CENTRE, physics=physics, noise=noise),
            image_shape=(3, size, size),
            params=params,
            key=str(index),
        )

    def _operators(self, low: Placement, times: int, masked: bool) -> list[dict[str, Any]]:
        """Configs of what happened to the square, at the prior's size."""
        operators: list[dict[str, Any]] = []
        blur = self.damage.get('blur')
        if blur is not None:
            seen = _blur_in(blur.value, low)
            if seen is not None:
                operators.append(Damage('blur', seen).operator())
        if times > 1:
            operators.append(dict(type='BicubicDownsampling', factor=times, padding='replicate'))
        if 'grey' in self.damage:
            operators.append(dict(type='Luminance'))
        if masked:
            operators.append(dict(type='FileMask'))
        return operators

    def _sigma_of(self, low: Placement, side: int) -> float:
        """Deviation of the noise in the square at the prior's size."""
        error = self._allowed()
        if not error:
            return 0.0
        # Reduction averages noise: measured on noise itself, as the turn and the filter decide.
        noise = np.random.default_rng(0).standard_normal(self.pixels.shape[:2])
        return error * float(np.std(low.cut(0.5 + 0.05 * noise, side)) / 0.05)

    @functools.cached_property
    def _filled(self) -> np.ndarray:
        """The photo with holes filled from around, so that their colour bleeds into no pixel."""
        if self.plan.known is None:
            return self.pixels
        return fill(self.pixels, self.plan.known)

    # -- and back -------------------------------------------------------------------------

    @functools.cached_property
    def windows(self) -> np.ndarray:
        """Where the squares may change the result, H×W bool."""
        covered = np.zeros(self.plan.result_size, bool)
        for square in self.plan.placements:
            covered |= square.window(covered.shape) > 0
        return covered

    @functools.cached_property
    def base(self) -> np.ndarray:
        """H×W×3 float64, RGB: the photo, enlarged by the pseudo-inverse where pixels were lost."""
        if 'sr' not in self.damage:
            return self.pixels
        config = dict(centre=CENTRE, physics=self.damage.get('sr').operator(), noise=None)
        enlarging = get_degradation(config).bind({}, (3, *self.plan.result_size))
        y = torch.from_numpy(self._filled.transpose(2, 0, 1).copy())[None] - CENTRE
        return enlarging.pseudo_inverse(y)[0].numpy().transpose(1, 2, 0)

    @functools.cached_property
    def _sharp(self) -> np.ndarray | None:
        """What is finer than the prior draws is taken from this; None where it is kept anyway."""
        if self.damage_kinds <= {'hole', 'grey'}:
            return None
        if 'sr' in self.damage:
            return self.base
        if 'noise' in self.damage:
            return denoised(self._filled, self.sigma).astype(np.float64)
        return self._filled

    @functools.cached_property
    def hole(self) -> np.ndarray | None:
        """H×W bool of the result, None without a hole."""
        if self.plan.known is None:
            return None
        hole = (~self.plan.known).repeat(self.plan.factor, 0)
        return hole.repeat(self.plan.factor, 1)

    def compose(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """The photo with what the prior made of its squares.

        Args:
            images: One a placement, size×size×3, RGB, in their order, not clipped.

        Returns:
            H×W×3 float64, not clipped: outside the squares the photo, bit for bit; what the photo
            holds exactly is kept.
        """
        squares = self.plan.placements
        images = [np.asarray(image, np.float64) for image in images]
        if self.plan.tiles is not None:
            result = self.plan.tiles.join([image.clip(0, 1) for image in images])
            if self.damage_kinds == {'hole'}:
                result = np.where(self.hole[..., None], result, self.base)
            return self._kept(result)
        parts = [(square, image.clip(0, 1)) for square, image in zip(squares, images)]
        known = None if self.hole is None else ~self.hole
        grey = 'grey' in self.damage
        return self._kept(merge(self.base, parts, known=known, grey=grey, sharp=self._sharp))

    def kept_whole(self, image: np.ndarray) -> np.ndarray:
        """A picture of the result's own size with what the photo holds exactly, H×W×3."""
        if not self.is_exact or not self.degradation.has_inverse:
            return image
        x = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None].double()
        return self.degradation.back_project(x, self.y)[0].numpy().transpose(1, 2, 0)

    def _kept(self, result: np.ndarray) -> np.ndarray:
        """The result with what the photo holds exactly."""
        if not self.is_exact:
            return result
        if 'sr' in self.damage:
            physics = self.degradation.physics
            A, adjoint = (on_arrays(f) for f in (physics.A, physics.A_adjoint))
            return exact(self.base, result, operator=(A, adjoint), within=self.windows)
        known = self.plan.known
        luminance = 'grey' in self.damage
        return exact(self.pixels, result, known=known, luminance=luminance)

    def spread(self, maps: Sequence[np.ndarray]) -> np.ndarray:
        """Maps of the squares at the size of the result, 0 elsewhere and where all is known.

        Args:
            maps: One a placement, size×size, not negative.

        Returns:
            H×W float32.
        """
        # Squares are spread as pictures in [0, 1].
        top = max(1e-9, *(float(values.max()) for values in maps))
        maps = [(values / top).astype(np.float32) for values in maps]
        if self.plan.tiles is not None:
            total = self.plan.tiles.join(maps)
        else:
            total = np.zeros(self.plan.result_size, np.float32)
            for square, values in zip(self.plan.placements, maps):
                where, spread = square.spread(values, total.shape)
                shown = spread * square.window(total.shape)[where]
                total[where] = np.maximum(total[where], shown)
        total *= top
        if self.is_exact and self.damage_kinds == {'hole'}:
            total *= self.hole
        return total

    def with_detail(self, std: np.ndarray) -> np.ndarray:
        """The deviation with what is left of the noise in detail finer than the prior draws.

        Args:
            std: H×W, of what the prior draws.
        """
        if 'noise' not in self.damage:
            return std
        shares = [s.window(std.shape) for s in self.plan.placements if s.magnification > 1]
        share = np.max([np.zeros(std.shape), *shares], axis=0)
        return np.hypot(std, _LEFT_OF_NOISE * self.sigma * share).astype(np.float32)


def _blur_in(blur: float | Kernel, square: Placement) -> float | Kernel | None:
    """Deviation or kernel of a blur in a square at the prior's size; None where none is left."""
    if not isinstance(blur, Kernel):
        deviation = float(blur) / square.magnification
        return deviation if deviation >= _LEAST_BLUR else None
    if spread_of(blur) / square.magnification < _LEAST_BLUR:
        return None
    return kernel_in(blur, square)
