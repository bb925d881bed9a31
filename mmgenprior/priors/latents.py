"""Distributions a latent code starts from."""

from __future__ import annotations

import math

import torch

LATENT_DISTRIBUTIONS = ('normal', 'uniform', 'sphere')


def sample_latent(
    distribution: str,
    shape: tuple[int, ...],
    generator: torch.Generator,
    scale: float = 1.0,
) -> torch.Tensor:
    """Draw the latent code of one sample.

    Args:
        distribution: ``'normal'``: N(0, 1) per entry; ``'uniform'``: the box
            [-1, 1]; ``'sphere'``: uniform on the sphere of radius √d, d the
            number of entries, where almost all the mass of N(0, I) lies.
        shape: Shape of one code, without batch dimension.
        generator: CPU generator of the sample.
        scale: Factor on the code; 0.5 is the ``sample_std`` of DGP.

    Returns:
        A float32 CPU tensor of the given shape.

    Raises:
        ValueError: If the distribution is unknown.
    """
    if distribution == 'normal':
        code = torch.randn(shape, generator=generator)
    elif distribution == 'uniform':
        code = torch.rand(shape, generator=generator) * 2 - 1
    elif distribution == 'sphere':
        code = torch.randn(shape, generator=generator)
        code = code * (math.sqrt(code.numel()) / code.norm())
    else:
        raise ValueError(
            f"latent='{distribution}' is unknown: use one of {', '.join(LATENT_DISTRIBUTIONS)}"
        )
    return code * scale
