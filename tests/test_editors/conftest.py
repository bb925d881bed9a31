"""Data samples as the pipeline packs them."""

import pytest
import torch
from mmagic.structures import DataSample

from mmgenprior.degradations import get_degradation
from mmgenprior.structures import Measurement
from mmgenprior.utils import sample_generator

SR4 = dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)


@pytest.fixture
def make_sample():
    """Factory of data samples without ground truth."""

    def make(key, degradation=SR4, shape=(3, 16, 16)):
        generator = sample_generator(0, key, 'test')
        operator = get_degradation(degradation)
        image = torch.rand(1, *shape, generator=generator)
        params = operator.draw_parameters(shape, generator)
        stacked = {k: v[None] for k, v in params.items()}
        y = operator.measure(image, stacked, [generator])[0]
        sample = DataSample()
        sample.set_metainfo(
            dict(measurement=Measurement(y, degradation, shape, params, key), gt_path=f'{key}.png')
        )
        return sample

    return make
