"""Methods of today whose prior is a denoiser: deepinv's plug-and-play and diffusion samplers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from deepinv.models import Reconstructor
from deepinv.optim import L2, PnP
from deepinv.optim.dpir import get_DPIR_params
from deepinv.optim.optimizers import optim_builder
from deepinv.physics import LinearPhysics
from mmagic.registry import MODELS
from torch import Tensor

from mmgenprior.editors.classical import linear_physics
from mmgenprior.editors.denoiser import build_denoiser
from mmgenprior.editors.one_by_one import OneByOne
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils import derive_seed
from mmgenprior.utils.limits import PositiveInt

# Noise that stands for none: all of these divide by it. 2.55 grey levels, deepinv's own least.
_LEAST_NOISE = 0.01


class _DenoiserMethod(OneByOne):
    """A reconstructor of deepinv around a denoiser, one image at a time.

    What is measured without noise is kept exactly, by back-projection at the end.

    Args:
        denoiser: See :func:`mmgenprior.editors.denoiser.build_denoiser`.
        **kwargs: See :class:`RestorationEditor`.
    """

    def __init__(self, denoiser: Mapping[str, Any], **kwargs) -> None:
        super().__init__(**kwargs)
        self.denoiser = build_denoiser(denoiser)

    @property
    def images_at_once(self) -> int:
        """One: each is restored by itself."""
        return 1

    def reconstructor(self, sigma: float, device: torch.device) -> Reconstructor:
        """Deepinv's own, for a noise level of [0, 1] images."""
        raise TypeError(f'{type(self).__name__} does not define reconstructor()')

    def run(self, reconstructor: Reconstructor, y: Tensor, physics: LinearPhysics) -> Tensor:
        """The image B×3×H×W in [0, 1] of measurements of such images."""
        return reconstructor(y, physics)

    def _restore_one(self, one: MeasurementBatch) -> Tensor:
        operator = one.bound()
        physics = linear_physics(type(self).__name__, operator)
        sigma = max(float(operator.noise_level(one.y)), _LEAST_NOISE)
        # Denoisers know images in [0, 1]; ours are measured around their centre.
        grey = torch.full((1, *one.image_shape), operator.centre).to(one.y)
        y = one.y + physics.A(grey)
        # deepinv draws from the global stream.
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            seed = derive_seed(self.seed, one.keys[0], self.variant)
            torch.random.default_generator.manual_seed(seed)
            image = self.run(self.reconstructor(sigma, one.y.device), y, physics)
        image = image.detach().to(one.y)
        exact = operator.noise is None and operator.has_inverse
        return operator.back_project(image, one.y) if exact else image


@MODELS.register_module()
class PlugAndPlay(_DenoiserMethod):
    """Plug-and-play by deepinv: half-quadratic splitting as DPIR (Zhang et al., 2021), or ISTA.

    Args:
        denoiser: See :func:`mmgenprior.editors.denoiser.build_denoiser`.
        algorithm: ``'HQS'`` takes the noise levels of DPIR, eight steps, from a denoiser that is
            told the level; ``'PGD'`` is proximal gradient descent with one level, for one that
            is trained for that (DnCNN).
        iterations: Of ``'PGD'``.
        level: Noise level of the denoiser in ``'PGD'``, of [0, 1].
        **kwargs: See :class:`RestorationEditor`.
    """

    variant = 'PnP'

    def __init__(
        self,
        denoiser: Mapping[str, Any],
        algorithm: Literal['HQS', 'PGD'] = 'HQS',
        iterations: PositiveInt = 100,
        level: float = 2 / 255,
        **kwargs,
    ) -> None:
        super().__init__(denoiser, **kwargs)
        self.algorithm = algorithm
        self.iterations = int(iterations)
        self.level = float(level)

    def reconstructor(self, sigma: float, device: torch.device) -> Reconstructor:
        """``optim_builder`` with the denoiser as the proximal operator."""
        prior = PnP(denoiser=self.denoiser)
        if self.algorithm == 'HQS':
            levels, steps, iterations = get_DPIR_params(sigma, device=device)
        else:
            levels, steps, iterations = self.level, 1.0, self.iterations
        return optim_builder(
            self.algorithm,
            prior=prior,
            data_fidelity=L2(),
            max_iter=iterations,
            early_stop=False,
            params_algo=dict(stepsize=steps, g_param=levels),
        )


@MODELS.register_module()
class DiffPIR(_DenoiserMethod):
    """Diffusion with a proximal step on the data (Zhu et al., 2023), deepinv's implementation.

    Args:
        denoiser: See :func:`mmgenprior.editors.denoiser.build_denoiser`.
        steps: Evaluations of the denoiser.
        **kwargs: See :class:`RestorationEditor`.
    """

    variant = 'DiffPIR'

    def __init__(self, denoiser: Mapping[str, Any], steps: PositiveInt = 100, **kwargs) -> None:
        super().__init__(denoiser, **kwargs)
        self.steps = int(steps)

    def reconstructor(self, sigma: float, device: torch.device) -> Reconstructor:
        """``deepinv.sampling.DiffPIR``."""
        from deepinv.sampling import DiffPIR as Sampler

        return Sampler(self.denoiser, L2(), sigma=sigma, max_iter=self.steps, device=device)


@MODELS.register_module()
class DPS(_DenoiserMethod):
    """Diffusion posterior sampling (Chung et al., 2023), deepinv's implementation.

    Args:
        denoiser: See :func:`mmgenprior.editors.denoiser.build_denoiser`.
        steps: Evaluations of the denoiser and its gradient.
        **kwargs: See :class:`RestorationEditor`.
    """

    variant = 'DPS'

    def __init__(self, denoiser: Mapping[str, Any], steps: PositiveInt = 1000, **kwargs) -> None:
        super().__init__(denoiser, **kwargs)
        self.steps = int(steps)

    def reconstructor(self, sigma: float, device: torch.device) -> Reconstructor:
        """``deepinv.sampling.DPS``."""
        from deepinv.sampling import DPS as Sampler

        return Sampler(self.denoiser, num_steps=self.steps, device=device, dtype=torch.float32)

    def run(self, reconstructor: Reconstructor, y: Tensor, physics: LinearPhysics) -> Tensor:
        """From noise of the image's shape; all of it of the sample's own stream."""
        return reconstructor(y, physics, x_init=tuple(physics.A_adjoint(y).shape))
