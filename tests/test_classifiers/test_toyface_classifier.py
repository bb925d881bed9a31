"""The package's classifier of toy faces tells them apart, and an attack turns it."""

import pytest
import torch

import mmgenprior.components  # noqa: F401  (before mmagic)
from mmgenprior.classifiers.pretrained import load_classifier
from mmgenprior.classifiers.training import TorchvisionClassifier
from mmgenprior.datasets.toyfaces import render_face
from mmgenprior.degradations import build_degradation
from mmgenprior.utils.errors import UserError

# isort: split
from mmagic.structures import DataSample
from mmengine.config import Config

ATTACK = 'configs/_base_/degradations/adversarial_toyfaces.py'


@pytest.fixture(scope='module')
def faces():
    pictures = [torch.from_numpy(render_face(0, 'test', i, 64)) for i in range(40)]
    return torch.stack(pictures).permute(0, 3, 1, 2).float() / 255


def test_sees_the_class_of_new_faces_until_they_are_attacked(faces):
    degradation = build_degradation(Config.fromfile(ATTACK).degradation)
    bound = degradation.bind({}, (3, 64, 64))
    label = torch.arange(40) % 5
    with torch.no_grad():
        seen = bound.physics.logits(faces).argmax(1)
        attacked = bound.physics.logits(bound.forward_operator(faces) + 0.5).argmax(1)
    assert (seen == label).float().mean() > 0.9
    assert (attacked == label).float().mean() < 0.3


def test_learns_from_the_batches_of_gan_training(faces):
    torch.manual_seed(0)
    model = TorchvisionClassifier('shufflenet_v2_x0_5', 5)
    own = load_classifier('shufflenet_v2_x0_5', 'toyfaces', 5)
    model.network.load_state_dict(own.state_dict())
    batch = DataSample(gt_img=faces[:10].flip(1) * 2 - 1)
    batch.set_gt_label(torch.arange(10) % 5)
    result = model.eval()(None, batch, mode='loss')
    assert result['accuracy'] > 0.8
    assert result['loss'] < 1
    result['loss'].backward()
    assert all(p.grad is not None for p in model.parameters())
    assert model(None, batch).shape == (10, 5)


def test_an_unknown_classifier_is_named():
    with pytest.raises(UserError, match="no classifier 'resnet51'"):
        TorchvisionClassifier('resnet51', 5)


def test_a_checkpoint_of_the_training_serves_as_weights(faces, tmp_path):
    torch.manual_seed(1)
    model = TorchvisionClassifier('shufflenet_v2_x0_5', 5).eval()
    file = tmp_path / 'iter_1.pth'
    torch.save(dict(state_dict=model.state_dict(), meta={}), file)
    loaded = load_classifier('shufflenet_v2_x0_5', str(file), 5)
    with torch.no_grad():
        assert torch.equal(loaded(faces[:2]), model.network(faces[:2]))
