"""A method of this package as a reconstructor of deepinv."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import deepinv
import torch
from torch import Tensor

from mmgenprior.api.restorer import Restorer, prior_of
from mmgenprior.damages import DamageChain
from mmgenprior.degradations import Degradation, GaussianNoise
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.files import digest

# Noise models of deepinv that add nothing.
_NONE = ('ZeroNoise', 'NoiseModel')


class GenPriorReconstructor(deepinv.models.Reconstructor):
    """``x_hat = GenPriorReconstructor('dcgan_digiface64')(y, physics)``, for deepinv's own loops.

    The images are of the size that the prior makes, B×3×H×W, RGB in [0, 1], aligned as it expects.
    Every sample is searched by itself: its result is a function of the sample, the physics and the
    seed, whatever the batch. Noise must be Gaussian, or none, where an exact measurement is kept
    exactly.

    Args:
        prior: As of :func:`mmgenprior.restore`.
        method: See :func:`mmgenprior.list_methods`.
        device: ``'auto'``, ``'cpu'``, ``'cuda'``.
        seed: Of all that is drawn.
        options: Further arguments of the method.

    Raises:
        ArgumentError: If a name is unknown.
    """

    def __init__(
        self,
        prior: Any = None,
        method: str = 'gaussnewton',
        device: str = 'auto',
        seed: int = 0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        options = {'maps': False, **(options or {})}
        restorer = Restorer(prior, method, device, seed, options)
        restorer.prepare()
        self.editor = restorer.editor(DamageChain(()))

    def forward(self, y: Tensor, physics: deepinv.physics.Physics, **kwargs: Any) -> Tensor:
        """Restore a batch.

        Args:
            y: Measurements, B×…, as ``physics(x)`` makes them.
            physics: The operator, with its noise model.
            **kwargs: Ignored, as by deepinv's own reconstructors.

        Returns:
            Images, B×3×H×W, not clipped.

        Raises:
            UserError: If the noise is not Gaussian, or the operator takes no such images.
        """
        device = self.editor.data_preprocessor.device
        with torch.inference_mode(False):
            y = y.detach().to(device).clone()
            sigma = noise_of(physics)
            params = {} if sigma is None else dict(sigma=sigma.to(device).expand(len(y)).clone())
            noise = None if sigma is None else GaussianNoise(sigma=(0.0, 1.0))
            batch = MeasurementBatch(
                y=y,
                degradation=Degradation(physics, noise).to(device),
                image_shape=tuple(prior_of(self.editor).image_shape),
                keys=[digest(sample.cpu().numpy().tobytes().hex()) for sample in y],
                params=params,
            )
        restored = self.editor.restore_batch(batch)
        return restored.variants[self.editor.main_of(restored)]


def noise_of(physics: deepinv.physics.Physics) -> Tensor | None:
    """Standard deviation of the noise of an operator, (1,) or (B,); None without noise.

    Raises:
        UserError: If it is not Gaussian.
    """
    model = getattr(physics, 'noise_model', None)
    name = type(model).__name__
    if model is None or name in _NONE:
        return None
    if name != 'GaussianNoise':
        raise UserError(
            f'GenPriorReconstructor: {name} of the physics is not Gaussian: set '
            'physics.noise_model = deepinv.physics.GaussianNoise(sigma=...)'
        )
    sigma = torch.as_tensor(model.sigma, dtype=torch.float32).reshape(-1)
    return sigma if bool((sigma > 0).any()) else None
