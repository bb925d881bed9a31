"""A sample's bits do not depend on the batch it is in."""

import pytest
import torch

from mmgenprior.inversion import batch_invariant
from mmgenprior.priors import BEGANPrior, BigGANPrior, DCGANPrior, PGGANPrior, StyleGANPrior

PRIORS = {
    'BEGAN': (BEGANPrior, dict(type='BEGANGenerator', out_size=32, noise_size=7, channels=16)),
    'DCGAN': (DCGANPrior, dict(type='DCGANGenerator', output_scale=32, base_channels=64)),
    'PGGAN': (
        PGGANPrior,
        dict(type='PGGANGenerator', noise_size=16, out_scale=32, base_channels=32, max_channels=32),
    ),
    'BigGAN': (
        BigGANPrior,
        dict(
            type='BigGANGenerator',
            output_scale=64,
            noise_size=20,
            num_classes=5,
            base_channels=4,
            sn_style='ajbrock',
            auto_sync_bn=False,
        ),
    ),
    'StyleGAN2': (
        StyleGANPrior,
        dict(type='StyleGAN2Generator', out_size=16, style_channels=8, num_mlps=2),
    ),
}


@pytest.fixture(params=PRIORS)
def prior(request):
    kind, generator = PRIORS[request.param]
    return kind(generator)


def value_and_gradient(prior, latents):
    latents = {k: v.clone().requires_grad_(True) for k, v in latents.items()}
    with batch_invariant(torch.device('cpu')):
        image = prior(latents)
        (image - 0.3).square().flatten(1).mean(1).sum().backward()
    return image.detach(), {k: v.grad for k, v in latents.items()}


@pytest.mark.parametrize('threads', [1, 2])
def test_image_and_gradient_are_bitwise_the_same(prior, threads):
    generator = torch.Generator().manual_seed(0)
    count = 17 if threads == 1 else 5  # one thread has a threshold at 16 samples
    drawn = [prior.sample_latents(generator) for _ in range(count)]
    latents = {k: torch.stack([d[k] for d in drawn]) for k in drawn[0]}
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        image, gradient = value_and_gradient(prior, latents)
        for part in (slice(0, 1), slice(count - 1, count), slice(1, 4), slice(1, count)):
            own, own_gradient = value_and_gradient(prior, {k: v[part] for k, v in latents.items()})
            assert torch.equal(own, image[part])
            for name, value in own_gradient.items():
                assert torch.equal(value, gradient[name][part]), name
    finally:
        torch.set_num_threads(before)


def test_it_changes_rounding_only(prior):
    latents = {k: v[None] for k, v in prior.sample_latents(torch.Generator()).items()}
    with batch_invariant(torch.device('cpu')):
        exact = prior(latents)
    torch.testing.assert_close(exact, prior(latents), rtol=0, atol=1e-3)
