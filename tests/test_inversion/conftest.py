"""A small prior and operator that the engine's tests share."""

import pytest
import torch
from optimizer_cases import linear, small  # noqa: F401  (fixtures)

from mmgenprior.degradations import build_degradation
from mmgenprior.priors import BEGANPrior


@pytest.fixture
def prior():
    """BEGAN at 16×16 with random weights."""
    return BEGANPrior(dict(type='BEGANGenerator', out_size=16, noise_size=10, channels=8))


@pytest.fixture
def degradation():
    """Bicubic ×4 of the 16×16 images."""
    return build_degradation(dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5))


@pytest.fixture
def y(prior, degradation):
    """Measurements of five images that the generator does not quite make."""
    generator = torch.Generator().manual_seed(3)
    images = prior({'z': torch.randn(5, 10, generator=generator)})
    images = images + 0.1 * torch.randn(images.shape, generator=generator)
    return degradation.bind({}, prior.image_shape).predict(images)
