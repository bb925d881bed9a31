"""Small random BigGAN pair and photographs that the tests of DGP share."""

import torch

from mmgenprior.degradations import build_degradation
from mmgenprior.structures import MeasurementBatch

BIGGAN = dict(
    type='BigGANGenerator',
    output_scale=32,
    noise_size=16,
    base_channels=4,
    num_classes=3,
    shared_dim=6,
)
NETWORKS = {
    'biggan': dict(type='BigGANDiscriminator', input_scale=32, base_channels=4, num_classes=3),
    'dcgan': dict(
        type='DCGANDiscriminator', input_scale=32, output_scale=4, out_channels=1, base_channels=4
    ),
    'pggan': dict(type='PGGANDiscriminator', in_scale=32, base_channels=64, max_channels=8),
}
SHAPE = (3, 32, 32)


def photos(count, seed=3):
    return torch.rand(count, *SHAPE, generator=torch.Generator().manual_seed(seed))


def batch_of(physics, count=2, labels=()):
    degradation = build_degradation(dict(physics=physics, centre=0.5))
    y = degradation.bind({}, SHAPE).forward_operator(photos(count))
    keys = [f'image {i}' for i in range(count)]
    return MeasurementBatch(y, degradation, SHAPE, keys, labels=labels)


def rows(columns):
    """Rows of DGP's tables from columns; what is one value stands in every row."""
    count = len(columns['iterations'])
    return [
        {k: v[i] if isinstance(v, list) else v for k, v in columns.items()} for i in range(count)
    ]
