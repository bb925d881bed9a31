"""How much of a picture the latents of a prior can say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from mmgenprior.degradations import get_degradation
from mmgenprior.inversion.inversion import Inversion
from mmgenprior.inversion.starts.encoder import EncoderStart
from mmgenprior.inversion.starts.random import RandomStart
from mmgenprior.priors.zoo import build_prior
from mmgenprior.structures import MeasurementBatch


def reconstruct(
    prior: str | Mapping | nn.Module,
    images: Tensor,
    keys: Sequence[str],
    labels: Sequence[int | None] | None = None,
    restarts: int = 3,
    iterations: int = 200,
    seed: int = 0,
) -> Tensor:
    """Search the latents of undamaged pictures; the weights stay as they are.

    What a search of the latents alone misses here, no method that searches them alone can restore.
    The search starts from the encoder of the prior, which 200 iterations bring as far as three
    times as many from random starts, where the catalogue has one; else from random draws.

    Args:
        prior: The prior adapter, its config, or its name in the catalogue.
        images: B×3×H×W, RGB on [0, 1], of the prior's size.
        keys: Name of every picture, which seeds its starts.
        labels: Its class, for a prior that knows classes.
        restarts: Starts of each; the nearest result is kept.
        iterations: Of L-BFGS from each.
        seed: Seed of the starts.

    Returns:
        B×3×H×W, RGB on [0, 1].

    Example:
        >>> from mmgenprior.datasets.toyfaces import render_face
        >>> import torch
        >>> import mmgenprior.components
        >>> face = torch.from_numpy(render_face(0, 'test', 0).copy()).permute(2, 0, 1)[None] / 255
        >>> image = reconstruct('dcgan_toyfaces', face, ['face'], restarts=1, iterations=20)
        >>> tuple(image.shape)
        (1, 3, 64, 64)
    """
    prior = build_prior(prior)
    start = EncoderStart if EncoderStart.is_there_for(prior) else RandomStart
    degradation = get_degradation(dict(physics=dict(type='Identity'), noise=None), images.device)
    stage = dict(name='latent', iterations=iterations, optimizer=dict(type='LBFGS'))
    inversion = Inversion(prior, [stage], start=start(restarts=restarts))
    batch = MeasurementBatch(
        images, degradation, tuple(images.shape[1:]), list(keys), labels=list(labels or [])
    )
    return inversion(batch, seed).final.image.clamp(0, 1)
