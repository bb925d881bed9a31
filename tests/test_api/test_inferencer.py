"""A config as an inferencer of MMEngine."""

import numpy as np
import pytest
from mmengine.infer import BaseInferencer
from PIL import Image

from mmgenprior import GenPriorInferencer
from mmgenprior.api.arguments import ArgumentError
from mmgenprior.api.inferencer import _config


@pytest.fixture(scope='module')
def config():
    config = _config('csgm_toyfaces_sr4')
    config.model.stages.CSGM.iterations = 2
    config.model.restarts = 1
    return config


def test_pictures_are_restored_in_batches(config, face, tmp_path):
    inferencer = GenPriorInferencer(config, device='cpu', show_progress=False)
    assert isinstance(inferencer, BaseInferencer)
    small = face[::4, ::4].copy()
    file = tmp_path / 'small.png'
    Image.fromarray(small).save(file)
    found = inferencer([str(file), small], batch_size=2, img_out_dir=str(tmp_path / 'panels'))
    first, second = found['predictions']
    assert first['key'] == 'small' and first['restored'].shape == (64, 64, 3)
    assert first['restored'].dtype == np.uint8 and second['objective'] > 0
    assert len(found['visualization']) == 2 and (tmp_path / 'panels' / 'small.png').is_file()
    (sample,) = inferencer(small, return_datasamples=True)['predictions']
    assert sample.output.pred_img.shape == (3, 64, 64)
    with pytest.raises(ArgumentError, match='mmgenprior.restore'):
        inferencer(face)


def test_masks_and_a_damage_by_name(config, face, known):
    inferencer = GenPriorInferencer(config, device='cpu', degradation='hole', show_progress=False)
    (found,) = inferencer(face, masks=known)['predictions']
    assert found['restored'].shape == (64, 64, 3)


def test_configs_that_are_none():
    with pytest.raises(ArgumentError, match='did you mean csgm_toyfaces_sr4'):
        GenPriorInferencer('csgm_toyface_sr4')
    with pytest.raises(ArgumentError, match='restores nothing'):
        GenPriorInferencer(dict(model=dict(type='CSGM', prior='dcgan_toyfaces')), device='cpu')
