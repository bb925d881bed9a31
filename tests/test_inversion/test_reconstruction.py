"""The best latents of a picture."""

from __future__ import annotations

import pytest
import torch

import mmgenprior.components  # noqa: F401  (before mmagic)
from mmgenprior.inversion.reconstruction import reconstruct
from mmgenprior.priors.zoo import build_prior


@pytest.fixture(scope='module')
def prior():
    return build_prior('dcgan_toyfaces')


def test_finds_what_the_prior_draws_itself(prior):
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        drawn = torch.stack([prior.sample_latents(generator)['z'] for _ in range(2)])
        images = prior(dict(z=drawn)).clamp(0, 1)
    found = reconstruct(prior, images, ['a', 'b'], restarts=2, iterations=240)
    error = (found - images).square().mean((1, 2, 3))
    # A face of the family, which it does not draw exactly, stays at 0.002 and more.
    assert error.max() < 1e-3
    # The other picture beside it changes nothing.
    alone = reconstruct(prior, images[1:], ['b'], restarts=2, iterations=240)
    assert torch.equal(alone, found[1:])
