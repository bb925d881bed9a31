"""Small priors in double precision and measurements of pictures."""

import pytest
import torch

from mmgenprior.degradations import build_degradation
from mmgenprior.structures import MeasurementBatch


def measured(prior, physics='BicubicDownsampling', count=2, **options):
    """Exact measurements of random pictures."""
    degradation = build_degradation(dict(physics=dict(type=physics, **options), centre=0.5))
    shape = prior.image_shape
    x = torch.rand(count, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    y = degradation.bind({}, shape).predict(x)
    return MeasurementBatch(y, degradation, shape, [f'image {i}' for i in range(count)])


def starts(prior, count=2):
    """Latents in double precision."""
    stream = torch.Generator().manual_seed(4)
    draws = [prior.sample_latents(stream) for _ in range(count)]
    return {name: torch.stack([d[name] for d in draws]).double() for name in draws[0]}


def row(values, i):
    """The latents of one image."""
    return {name: value[i : i + 1] for name, value in values.items()}


def trace(inversion, batch):
    """Objectives and images of every iteration, iterations×B and iterations×B×3×H×W."""
    found = []
    inversion(batch, 0, lambda stage, iteration, value, image: found.append((value, image.clone())))
    return tuple(torch.stack(parts) for parts in zip(*found))


def assert_same(plain, values, images, image):
    """A plain loop's steps are those of the engine for one image, to rounding in float64."""
    for step in range(len(values)):
        loss, picture = plain.step()
        assert abs(loss.item() - values[step, image].item()) < 1e-9 * values[step, image].item()
        assert (picture[0] - images[step, image]).abs().max() < 1e-9, step


@pytest.fixture
def small_pggan():
    """A PGGAN of 16×16 with three codes."""
    from mmgenprior.priors import MultiCodePrior, PGGANPrior

    config = dict(type='PGGANGenerator', noise_size=6, out_scale=16, base_channels=32)
    single = PGGANPrior(dict(config, max_channels=8, fused_upconv=False), pixel_norm='official')
    return MultiCodePrior(single, layer=2, codes=3).double()
